"""The command line: help by kind of work, errors in words, exit codes by class, never a traceback."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from hengjian import cli
from hengjian.cli import words
from hengjian.cli.commands import SECTIONS
from hengjian.terms.errors import NotPermitted, PolicyError, Refused, Tampered

HENGJIAN = [sys.executable, "-c", "from hengjian.cli import main; main()"]


@pytest.fixture(autouse=True)
def chinese():
    words.use("zh")
    yield
    words.use("zh")


def run(*arguments: str) -> int:
    return cli.run(list(arguments))


def test_help_names_every_command_by_what_people_do(capsys) -> None:
    assert run("--help") == 0
    said = capsys.readouterr().out
    for section in SECTIONS:
        assert section.zh in said
        for name, entry in section.entries.items():
            assert f"  {name} " in said
            assert entry.zh[:6] in said


@pytest.mark.parametrize("name", [name for section in SECTIONS for name in section.entries])
def test_every_command_has_chinese_help_with_an_english_line(name: str, capsys) -> None:
    if name == "manage":
        pytest.skip("Django's own help")
    assert run(name, "--help") == 0
    said = capsys.readouterr().out
    assert any("一" <= letter <= "鿿" for letter in said)
    assert "Options" in said


def test_help_verify_policy_and_compare_need_no_django(root: Path) -> None:
    for arguments in (["--help"], ["verify", "--help"], ["policy", "--help"], ["compare", "--help"]):
        code = (
            f"import sys; from hengjian.cli import run; run({arguments!r}); sys.exit('django' in sys.modules)"
        )
        done = subprocess.run(
            [sys.executable, "-c", code], cwd=root, capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, (arguments, done.stderr)


@pytest.mark.parametrize(
    ("error", "code"), [(Refused, 2), (NotPermitted, 3), (PolicyError, 4), (Tampered, 5)]
)
def test_an_error_says_what_where_and_what_next(error, code: int, monkeypatch, capsys) -> None:
    def fail(**_given: object) -> None:
        raise error("有错", where="甲.yaml:3", do="请改正", code="x.y")

    monkeypatch.setattr(cli.cli, "main", fail)
    assert run() == code
    said = capsys.readouterr().err
    assert "有错" in said
    assert "甲.yaml:3" in said
    assert "请改正" in said
    assert "x.y" in said
    assert "Traceback" not in said


def test_an_unexpected_error_is_one_line_and_a_log(monkeypatch, capsys, tmp_path: Path) -> None:
    def fail(**_given: object) -> None:
        raise RuntimeError("inside")

    monkeypatch.setattr(cli.cli, "main", fail)
    monkeypatch.setenv("HENGJIAN_DATA", str(tmp_path))
    assert run() == 70
    said = capsys.readouterr().err
    (log,) = (tmp_path / "logs").iterdir()
    assert said.count("\n") == 1
    assert str(log) in said
    assert "Traceback" not in said
    assert "inside" not in said
    assert "RuntimeError: inside" in log.read_text(encoding="utf-8")


def test_ctrl_c_is_told_cleanly(monkeypatch, capsys) -> None:
    def stop(**_given: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(cli.cli, "main", stop)
    assert run() == 130
    assert "没有写入一半" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("arguments", "part"),
    [
        (["nonsense"], "nonsense"),
        (["freeze"], "周期"),
        (["freeze", "x", "--bye"], "--bye"),
        (["serve", "--port", "0"], "--port"),
    ],
)
def test_slips_of_the_command_line(arguments: list[str], part: str, capsys) -> None:
    assert run(*arguments) == 2
    said = capsys.readouterr().err
    assert "用法错误" in said
    assert part in said
    assert "--help" in said


def test_english_by_option_and_by_environment(capsys, root: Path) -> None:
    assert run("--lang", "en", "nonsense") == 2
    assert "Usage:" in capsys.readouterr().err
    done = subprocess.run(
        [*HENGJIAN, "nonsense"],
        env=os.environ | {"HENGJIAN_LANG": "en"},
        cwd=root,
        capture_output=True,
        text=True,
        check=False,
    )
    assert "Usage:" in done.stderr


@pytest.mark.django_db
def test_a_cycle_that_is_not_there(capsys) -> None:
    assert run("freeze", "nowhere") == 2
    assert "没有编号为“nowhere”" in capsys.readouterr().err


@pytest.mark.django_db
def test_an_account_with_a_weak_password_is_not_made(capsys) -> None:
    from hengjian.access.models import User

    assert run("user", "add", "zhao", "--name", "赵", "--role", "office", "--password", "12345") == 2
    assert not User.objects.exists()
    assert run("user", "add", "zhao", "--name", "赵", "--role", "office") == 0
    said = capsys.readouterr().out
    account = User.objects.get()
    assert account.check_password(said.rsplit("：", 1)[1].strip())
    assert run("user", "add", "zhao", "--name", "赵", "--role", "office") == 2
    assert User.objects.count() == 1
