"""``hengjian roster export``: names leave the program only for an account, a purpose and a ticket."""

from contextlib import contextmanager
from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from hengjian.cli import run

NOW = datetime(2026, 3, 1, 2, 0, tzinfo=UTC)
DAY = date(2026, 3, 1)

pytestmark = pytest.mark.django_db


@pytest.fixture
def office(monkeypatch: pytest.MonkeyPatch) -> None:
    """Two officials; an account of the whole city, one of a county, one that reads nothing."""
    from hengjian.access.operations import Scope, create_user, grant
    from hengjian.access.roles import Role
    from hengjian.roster.models import Official

    @contextmanager
    def ready(**_more: object):
        yield None

    monkeypatch.setattr("hengjian.cli.session.django_ready", ready)
    for name, role, scope in (
        ("kaoheban", Role.OFFICE, Scope()),
        ("quxian", Role.OFFICE, Scope(organisation="city/a")),
        ("xitong", Role.SYSTEM, Scope()),
    ):
        grant(create_user(name, name, now=NOW), role, on=DAY, by=None, reason="测试", scope=scope)
    for code in ("D1", "D2"):
        Official.objects.create(code=code, name=f"甲{code}", sort_key=code)


def test_an_export_writes_a_ticket_for_everybody_in_it(
    office: None, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    from hengjian.access.models import Ticket

    file = tmp_path / "a.zip"
    assert run(["roster", "export", "-o", str(file), "--purpose", "verify", "--by", "kaoheban"]) == 0
    (made,) = Ticket.objects.all()
    assert (made.viewer.username, made.purpose, made.shown) == ("kaoheban", "verify", "export")
    assert made.officials == ["D1", "D2"]
    assert made.code in capsys.readouterr().err
    assert file.exists()


@pytest.mark.parametrize("who", ["quxian", "xitong", "nobody"])
def test_whoever_does_not_read_the_whole_city_takes_nothing_along(
    office: None, tmp_path: Path, who: str
) -> None:
    from hengjian.access.models import Ticket

    file = tmp_path / "a.zip"
    assert run(["roster", "export", "-o", str(file), "--purpose", "verify", "--by", who]) == 3
    assert not file.exists()
    assert not Ticket.objects.exists()


def test_another_purpose_has_to_be_told(office: None, tmp_path: Path) -> None:
    file = tmp_path / "a.zip"
    assert run(["roster", "export", "-o", str(file), "--purpose", "other", "--by", "kaoheban"]) == 2
    assert not file.exists()
