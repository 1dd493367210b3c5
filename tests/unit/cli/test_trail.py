"""``hengjian trail``: from the code on a leaked copy to the look, for auditors only."""

import json
from datetime import UTC, date, datetime

import pytest

from hengjian.cli import run

NOW = datetime(2026, 3, 1, 2, 0, tzinfo=UTC)
DAY = date(2026, 3, 1)

pytestmark = pytest.mark.django_db


@pytest.fixture
def code(monkeypatch: pytest.MonkeyPatch) -> str:
    """A look of the office at four officials; an auditor's account; the code of the look."""
    from contextlib import contextmanager

    from hengjian.access import tickets
    from hengjian.access.operations import create_user, grant
    from hengjian.access.purposes import Purpose, Shown
    from hengjian.access.roles import Role

    @contextmanager
    def ready(**_more: object):
        yield None

    monkeypatch.setattr("hengjian.cli.session.django_ready", ready)
    for name, role in (("kaoheban", Role.OFFICE), ("shenji", Role.AUDITOR)):
        grant(create_user(name, name, now=NOW), role, on=DAY, by=None, reason="测试")
    viewer = tickets.User.objects.get(username="kaoheban")
    intent = tickets.Intent(Purpose.OTHER, "编写年报")
    view = tickets.View(Shown.RANKING, "2026-h1")
    tickets.issue(viewer, ["D9"], tickets.Intent(Purpose.REPLY), view, on=DAY)
    made = tickets.issue(viewer, ["D4", "D3", "D2", "D1"], intent, view, on=DAY).code
    return f"{made[:5]}-{made[5:]}"


def test_a_code_from_paper_leads_to_who_looked(code: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["trail", "--by", "shenji", "--code", code.lower(), "--json"]) == 0
    (line,) = capsys.readouterr().out.splitlines()
    row = json.loads(line)
    assert row["code"] == code
    assert (row["viewer"], row["role"], row["note"], row["cycle"]) == (
        "kaoheban", "考核办", "编写年报", "2026-h1",
    )  # fmt: skip
    assert row["officials"] == ["D1", "D2", "D3", "D4"]


def test_the_trail_of_a_person_and_of_a_looker(code: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["trail", "--by", "shenji", "--person", "D2"]) == 0
    told = capsys.readouterr()
    assert code in told.out
    assert "D1、D2、D3等 4 人" in told.out
    assert "共 1 次查看" in told.err
    assert run(["trail", "--by", "shenji", "--viewer", "kaoheban", "--limit", "1"]) == 0
    told = capsys.readouterr()
    assert len(told.out.splitlines()) == 1
    assert "共 2 次查看，列出最近 1 次" in told.err


@pytest.mark.parametrize("who", ["kaoheban", "nobody"])
def test_only_auditors_read_the_trail(code: str, who: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["trail", "--by", who]) == 3
    assert code not in capsys.readouterr().out
