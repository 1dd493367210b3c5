"""The wheel holds all that a machine without the source tree needs."""

import subprocess
import sys
import zipfile
from pathlib import Path

import pytest


@pytest.fixture(scope="module")
def names(root: Path, tmp_path_factory: pytest.TempPathFactory) -> set[str]:
    folder = tmp_path_factory.mktemp("wheel")
    subprocess.run(
        [sys.executable, "-m", "hatchling", "build", "--target", "wheel", "--directory", str(folder)],
        cwd=root,
        check=True,
        capture_output=True,
    )
    (wheel,) = folder.glob("hengjian-*.whl")
    return set(zipfile.ZipFile(wheel).namelist())


@pytest.mark.parametrize("policy", ["seed", "before"])
def test_policies_are_in_it_whole(root: Path, names: set[str], policy: str) -> None:
    files = [path for path in (root / "policies" / policy).rglob("*") if path.is_file()]
    assert files
    wanted = {f"hengjian/_policies/{path.relative_to(root / 'policies').as_posix()}" for path in files}
    assert wanted - names == set()


def test_templates_static_files_and_migrations_are_in_it(root: Path, names: set[str]) -> None:
    for pattern in (
        "console/templates/**/*.html", "console/static/**/*.*", "kiosk/static/**/*.*", "kiosk/pages/*.html",
        "*/migrations/*.py",
    ):  # fmt: skip
        found = [path for path in (root / "hengjian").glob(pattern) if path.is_file()]
        assert found, pattern
        wanted = {path.relative_to(root).as_posix() for path in found if not path.name.startswith(".")}
        assert wanted - names == set()


def test_compiled_messages_are_in_it(root: Path, names: set[str]) -> None:
    sources = list((root / "hengjian" / "locale").glob("*/LC_MESSAGES/*.po"))
    if not sources:
        pytest.skip("no messages yet")
    wanted = {path.with_suffix(".mo").relative_to(root).as_posix() for path in sources}
    assert wanted - names == set()


def test_nothing_else_of_the_tree_is_in_it(names: set[str]) -> None:
    tops = {name.split("/")[0] for name in names}
    assert {top for top in tops if not top.endswith(".dist-info")} == {"hengjian"}
