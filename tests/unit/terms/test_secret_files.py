"""Files for one account: whole, closed to others, and never over another unless that is asked for."""

import os
from pathlib import Path

import pytest

from hengjian.terms.secret_files import others_may_read, write_new, write_over


@pytest.fixture(autouse=True)
def loose() -> object:
    before = os.umask(0)
    yield
    os.umask(before)


def test_a_new_file_is_its_accounts_own_and_stays(tmp_path: Path) -> None:
    path = tmp_path / "folder" / "key"
    write_new(path, b"first")
    assert path.read_bytes() == b"first"
    assert oct(path.stat().st_mode)[-3:] == "600"
    assert not others_may_read(path)
    with pytest.raises(FileExistsError):
        write_new(path, b"second")
    assert path.read_bytes() == b"first"
    assert [one.name for one in path.parent.iterdir()] == ["key"]  # no draft stays


def test_over_another_it_is_whole_and_closed_again(tmp_path: Path) -> None:
    path = tmp_path / "logs"
    path.write_bytes(b"longer than what comes")
    path.chmod(0o644)
    assert others_may_read(path)
    write_over(path, b"new")
    assert path.read_bytes() == b"new"
    assert oct(path.stat().st_mode)[-3:] == "600"
    assert [one.name for one in tmp_path.iterdir()] == ["logs"]


def test_a_draft_that_somebody_laid_there_is_not_written_into(tmp_path: Path) -> None:
    trap = tmp_path / f".key.{os.getpid()}"
    elsewhere = tmp_path / "elsewhere"
    elsewhere.write_bytes(b"untouched")
    trap.symlink_to(elsewhere)
    write_new(tmp_path / "key", b"secret")
    assert elsewhere.read_bytes() == b"untouched"


def test_a_full_disk_leaves_what_was_there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "key"
    write_over(path, b"old")

    def full(_handle: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match="No space"):
        write_over(path, b"new")
    assert path.read_bytes() == b"old"
    assert [one.name for one in tmp_path.iterdir()] == ["key"]
