"""What the machine refuses (disk, permissions, database): said in words, exit 2, nothing half-written."""

import errno
import os
import subprocess
import sys
from pathlib import Path

import pytest

from hengjian import cli
from hengjian.cli import files, session, words
from hengjian.terms.errors import Refused


@pytest.fixture(autouse=True)
def chinese():
    words.use("zh")
    yield
    words.use("zh")


@pytest.mark.parametrize(
    ("number", "zh"), [(errno.ENOSPC, "磁盘已满"), (errno.EACCES, "没有权限"), (errno.EROFS, "只读")]
)
def test_what_the_machine_refuses_is_told(number: int, zh: str, monkeypatch, capsys) -> None:
    def fail(**_given: object) -> None:
        raise OSError(number, os.strerror(number), "甲.hjb")

    monkeypatch.setattr(cli.cli, "main", fail)
    assert cli.run() == 2
    said = capsys.readouterr().err
    assert zh in said
    assert "甲.hjb" in said
    assert "怎么办" in said


def test_a_full_disk_leaves_no_half_file(monkeypatch, tmp_path: Path) -> None:
    whole = tmp_path / "a.txt"
    whole.write_bytes(b"old")

    def half(path: Path, content: bytes) -> int:
        path.open("wb").close()
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(Path, "write_bytes", half)
    with pytest.raises(Refused, match="磁盘已满"):
        files.write_whole(whole, b"new")
    assert [file.name for file in tmp_path.iterdir()] == ["a.txt"]
    assert whole.read_bytes() == b"old"


def test_a_server_that_does_not_answer_is_refused(capsys) -> None:
    with pytest.raises(Refused, match="连不上") as refused:
        session.check_answers("postgresql://nobody:x@127.0.0.1:1/none")
    assert refused.value.code == "database.unreachable"
    assert "DATABASE_URL" in refused.value.do


@pytest.mark.django_db
def test_a_server_that_is_too_old_is_refused(monkeypatch) -> None:
    url = os.environ["DATABASE_URL"]
    session.check_answers(url.replace("/hengjian?", "/postgres?"))
    monkeypatch.setattr(session, "OLDEST", 99)
    with pytest.raises(Refused, match="要求 99 以上"):
        session.check_answers(url.replace("/hengjian?", "/postgres?"))


def test_a_group_without_a_verb_shows_its_help(capsys) -> None:
    assert cli.run(["cycle"]) == 2
    said = capsys.readouterr().err
    assert "Commands:" in said
    assert "用法错误" not in said


def test_a_reader_who_closes_the_pipe_is_no_error(root: Path) -> None:
    program = f"{sys.executable} -c 'from hengjian.cli import main; main()' policy show seed"
    done = subprocess.run(
        ["bash", "-c", f"{program} | head -n 1 > /dev/null; exit ${{PIPESTATUS[0]}}"],
        cwd=root, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.parametrize(
    ("argv", "zh"),
    [
        (["cycle", "opn"], "没有命令 opn，是不是 open"),
        (["cycle", "open", "x"], "缺少 --title"),
        (["policy", "diff", "seed", "--on", "2026-02-31"], "“2026-02-31”不是日期"),
        (["--lang", "xx"], "不能写“xx”"),
        (["serve", "--port", "0"], "不在范围"),
    ],
)
def test_slips_of_the_hand_are_said_in_chinese(argv: list[str], zh: str, capsys) -> None:
    assert cli.run(argv) == 2
    assert zh in capsys.readouterr().err


def test_a_county_without_tuning_is_refused(capsys) -> None:
    assert cli.run(["policy", "show", "seed", "--county", "nowhere"]) == 4
    assert "代码可用" in capsys.readouterr().err
