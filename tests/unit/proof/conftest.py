"""The openssl command line: a judge that is not ours."""

import shutil
import subprocess
from collections.abc import Callable

import pytest


@pytest.fixture(scope="session")
def openssl() -> Callable[..., str]:
    """Runs ``openssl``; returns what it says, output and complaints together. ``fails=None``: it may."""
    command = shutil.which("openssl")
    if command is None:
        pytest.skip("缺少 openssl · openssl is absent")

    def run(*arguments: str, fails: bool | None = False) -> str:
        ended = subprocess.run([command, *arguments], capture_output=True, text=True, check=False)
        said = ended.stdout + ended.stderr
        assert fails is None or (ended.returncode != 0) == fails, said
        return said

    return run
