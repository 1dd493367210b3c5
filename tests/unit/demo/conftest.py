"""The demonstration, built once for these tests by the command a newcomer types."""

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

HENGJIAN = [sys.executable, "-c", "from hengjian.cli import main; main()"]


@dataclass(frozen=True)
class Demo:
    """Its data folder, what it said, and a way to run further commands beside it."""

    folder: Path
    said: str
    environment: dict[str, str]

    def run(self, *words: str) -> "subprocess.CompletedProcess[str]":
        return subprocess.run(
            [*HENGJIAN, *words], env=self.environment, capture_output=True, text=True, check=False
        )

    def copied(self, name: str) -> "Demo":
        """The same city in a folder beside it, where its database's user may go, while nothing serves it."""
        folder = self.folder.parent / name
        shutil.copytree(self.folder, folder, ignore=lambda where, names: [
            name for name in names if not (Path(where, name).is_file() or Path(where, name).is_dir())
        ])  # fmt: skip
        for path in (folder, *folder.rglob("*")):
            old = (self.folder / path.relative_to(folder)).stat()
            os.chown(path, old.st_uid, old.st_gid)
        return Demo(folder, self.said, self.environment | {"HENGJIAN_DATA": str(folder)})

    def bundle(self, cycle: str) -> Path:
        (found,) = (self.folder / "bundles").glob(f"{cycle}-*.hjb")
        return found


@pytest.fixture(scope="session")
def demo(root: Path) -> Iterator[Demo]:
    """``hengjian demo`` in a data folder of its own, with the embedded server of its own."""
    base = Path(tempfile.mkdtemp(prefix="hengjian-demo-"))
    base.chmod(0o711)
    environment = {
        key: value
        for key, value in os.environ.items()
        if key not in {"DATABASE_URL", "DJANGO_SETTINGS_MODULE"}
    } | {"HENGJIAN_DATA": str(base / "data"), "PYTHONPATH": str(root)}
    made = Demo(base / "data", "", environment)
    try:
        done = made.run("demo")
        assert done.returncode == 0, done.stderr
        yield Demo(base / "data", done.stdout, environment)
    finally:
        shutil.rmtree(base, ignore_errors=True)
