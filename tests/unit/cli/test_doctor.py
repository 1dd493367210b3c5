"""``hengjian doctor``: each thing is broken once, and its own line says so."""

import json
import os
import shutil
import socket
import subprocess
import sys
from collections import namedtuple
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from django.db import connection
from django.utils import timezone

from hengjian.cli import doctor, words
from hengjian.cli.examining import database as looks
from hengjian.cli.examining import files, running
from hengjian.cli.examining.finding import Finding, Level, Place, look

NOW = datetime(2026, 6, 20, 2, 0, tzinfo=UTC)
GREEN, AMBER, RED = Level
IDLE = """CREATE OR REPLACE FUNCTION access_grant_append_only() RETURNS trigger
    LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END'"""
MAIL = "base: https://r.example.cn\nemail: {{host: 127.0.0.1, port: {}, sender: a@b.cn, security: none}}"


@pytest.fixture(autouse=True)
def chinese():
    words.use("zh")
    yield
    words.use("zh")


@pytest.fixture
def place(tmp_path: Path) -> Place:
    return Place(tmp_path, NOW)


def levels(found) -> dict[str, Level]:
    """By name; every line that is not green says what to do."""
    lines = list(found)
    assert all(isinstance(one, Finding) and one.what for one in lines)
    assert all(one.do for one in lines if one.level is not GREEN)
    return {one.name: one.level for one in lines}


def sql(text: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(text)


# -- the machine -----------------------------------------------------------------------------


def test_no_folder_is_red_and_makes_none(tmp_path: Path) -> None:
    gone = tmp_path / "gone"
    assert levels(doctor.examine(Place(gone, NOW))) == {"folder": RED}
    assert not gone.exists()


def test_the_secret_of_sessions(place: Place, monkeypatch) -> None:
    monkeypatch.delenv("HENGJIAN_SECRET_KEY")
    assert levels(files.secrets(place))["secret.key"] is RED
    (place.data / "secret_key").write_text("x" * 20)
    assert levels(files.secrets(place))["secret.key"] is RED
    (place.data / "secret_key").write_text("x" * 50)
    assert levels(files.secrets(place))["secret.key"] is GREEN
    monkeypatch.setenv("HENGJIAN_SECRET_KEY", "short")
    assert levels(files.secrets(place))["secret.key"] is RED


@pytest.mark.parametrize("name", ["secret_key", "notary/log.key", "invitations/mail.password"])
def test_a_key_that_others_read(place: Place, name: str) -> None:
    path = place.data / name
    path.parent.mkdir(exist_ok=True)
    path.write_text("k" * 50)
    path.chmod(0o600)
    assert levels(files.secrets(place))["secret.files"] is GREEN
    path.chmod(0o640)
    assert levels(files.secrets(place))["secret.files"] is RED


@pytest.mark.parametrize(("free", "level"), [(10**8, RED), (3 * 10**9, AMBER), (10**11, GREEN)])
def test_room_on_the_disk(place: Place, free: int, level: Level, monkeypatch) -> None:
    usage = namedtuple("usage", "total used free")  # noqa: PYI024
    monkeypatch.setattr(shutil, "disk_usage", lambda _path: usage(10**12, 0, free))
    assert levels(files.disk(place)) == {"disk": level}


@pytest.mark.parametrize(("hours", "level"), [(1, GREEN), (30, AMBER), (24 * 8, RED)])
def test_the_age_of_backups(place: Place, hours: int, level: Level) -> None:
    assert levels(files.backups(place)) == {"backup": AMBER}
    files.note_backup(place.data, Path("/b/a.backup"), 5, NOW - timedelta(hours=hours))
    assert levels(files.backups(place)) == {"backup": level}


def test_backups_that_outlive_what_was_destroyed_are_named(place: Place, tmp_path: Path) -> None:
    newest, old = tmp_path / "new.backup", tmp_path / "old.backup"
    for one in (newest, old, tmp_path / "other.txt"):
        one.touch()
    files.note_backup(place.data, newest, 1, place.moment - timedelta(hours=1))
    at = (place.moment - timedelta(days=36)).timestamp()
    os.utime(newest, (place.moment.timestamp(), place.moment.timestamp()))
    os.utime(old, (place.moment.timestamp(), place.moment.timestamp()))
    assert levels(files.backups(place)) == {"backup": GREEN}
    os.utime(old, (at, at))
    assert levels(files.backups(place)) == {"backup": GREEN, "backup.old": AMBER}


def test_papers_need_typst_and_fonts(place: Place, monkeypatch, tmp_path: Path) -> None:
    monkeypatch.setattr(files, "FONTS", (str(tmp_path),))
    assert levels(files.features(place)) == {"papers.fonts": AMBER}
    (tmp_path / "NotoSansCJK-Regular.ttc").touch()
    assert levels(files.features(place)) == {"papers": GREEN}
    monkeypatch.setattr(files, "find_spec", lambda _name: None)
    assert levels(files.features(place)) == {"papers.typst": AMBER}


def test_the_calendar_of_the_next_twelve_months(place: Place) -> None:
    assert (
        levels(running.policy(Place(place.data, datetime(2025, 11, 3, tzinfo=UTC))))["policy.calendar"]
        is GREEN
    )
    assert (
        levels(running.policy(Place(place.data, datetime(2039, 1, 3, tzinfo=UTC))))["policy.calendar"] is RED
    )
    broken = place.data / "mine"
    broken.mkdir()
    (broken / "policy.yaml").write_text("nonsense: [")
    found = look("policy", running.policy, Place(place.data, NOW, str(broken)))
    assert levels(found) == {"policy": RED}


# -- the database ----------------------------------------------------------------------------


@pytest.mark.django_db
def test_a_whole_database_is_green(place: Place) -> None:
    found = [*looks.version(place), *looks.steps(place), *looks.guarded(place), *looks.clock(place)]
    assert levels(found) == dict.fromkeys(
        ("database.version", "database.steps", "database.guards", "clock"), GREEN
    )


@pytest.mark.django_db
def test_too_old_a_server(place: Place, monkeypatch) -> None:
    monkeypatch.setattr(looks, "OLDEST", 99)
    assert levels(looks.version(place)) == {"database.version": RED}


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("sign", "change"),
    [
        (
            "database.newer",
            "INSERT INTO django_migrations (app, name, applied) VALUES ('cycles', '9999_x', now())",
        ),
        ("database.steps", "DELETE FROM django_migrations WHERE app = 'clockwork'"),
    ],
)
def test_steps_too_many_or_too_few(place: Place, sign: str, change: str) -> None:
    sql(change)
    assert levels(looks.steps(place)) == {sign: RED}


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("sign", "change"),
    [
        ("database.guards.missing", "DROP TRIGGER access_grant_rows_stay ON access_grant"),
        ("database.guards.missing", "DROP TRIGGER access_grant_table_stays ON access_grant"),
        ("database.guards.idle", "ALTER TABLE access_grant DISABLE TRIGGER access_grant_rows_stay"),
        ("database.guards.idle", "ALTER TABLE access_grant ENABLE REPLICA TRIGGER access_grant_rows_stay"),
        ("database.guards.changed", IDLE),
        ("database.guards.open", "ALTER TABLE roster_official DISABLE ROW LEVEL SECURITY"),
        ("database.rights", "GRANT SELECT ON roster_official TO PUBLIC"),
        ("database.rights", "GRANT UPDATE ON access_grant TO hengjian_reader"),
        ("database.rights", "GRANT TRUNCATE ON access_user TO hengjian_reader"),
    ],
)  # fmt: skip
def test_a_guard_taken_away(place: Place, sign: str, change: str) -> None:
    sql(change)
    assert levels(looks.guarded(place)) == {sign: RED}


@pytest.mark.django_db
@pytest.mark.parametrize(("seconds", "level"), [(5, AMBER), (-5, AMBER), (90, RED)])
def test_clocks_apart(place: Place, seconds: int, level: Level, monkeypatch) -> None:
    monkeypatch.setattr(looks, "now", lambda: timezone.now() + timedelta(seconds=seconds))
    assert levels(looks.clock(place)) == {"clock": level}


def test_the_kiosks_accounts(place: Place, database: str) -> None:
    from hengjian.cli.kiosk_logins import make

    make(connection)
    names = {"kiosk.hengjian_issue", "kiosk.hengjian_cast"}
    assert levels(looks.kiosk(place)) == dict.fromkeys(names, GREEN)
    sql("GRANT SELECT ON ballots_ballot TO hengjian_issue")
    assert levels(looks.kiosk(place)) == {"kiosk.hengjian_issue": RED, "kiosk.hengjian_cast": GREEN}


# -- what runs -------------------------------------------------------------------------------


@pytest.mark.django_db
def test_the_worker_and_its_duties(place: Place) -> None:
    from hengjian.clockwork.models import Outcome
    from hengjian.clockwork.operations import begin, end

    assert levels(running.worker(place)) == {"worker": AMBER}
    end(begin("deliver", "w", NOW - timedelta(minutes=2)), Outcome.DONE, NOW)
    assert levels(running.worker(place)) == {"worker": GREEN}
    end(begin("night", "w", NOW - timedelta(days=2)), Outcome.DONE, NOW - timedelta(days=2))
    assert levels(running.worker(place)) == {"worker": GREEN, "worker.overdue": RED}
    end(begin("night", "w", NOW - timedelta(hours=2)), Outcome.FAILED, NOW, fault="x")
    assert levels(running.worker(place))["worker.failing"] is RED
    late = Place(place.data, NOW + timedelta(hours=1))
    assert levels(running.worker(late))["worker"] is RED


@pytest.mark.django_db
def test_the_log_and_its_witnesses(place: Place) -> None:
    from hengjian.notary.folder import in_data_folder, make_key
    from hengjian.notary.models import Alarm, Head, WitnessState

    assert levels(running.log(place)) == {"log": AMBER}
    make_key(in_data_folder(place.data), "log.example.cn/test")
    assert levels(running.log(place)) == {"log.head": RED}
    Head.objects.create(size=3, root=b"r" * 32, at=NOW - timedelta(hours=1))
    assert levels(running.log(place)) == {"log.head": GREEN}
    assert levels(running.log(Place(place.data, NOW + timedelta(days=2)))) == {"log.head": RED}
    Alarm.objects.create(code="notary.fork", subject="x", opened_at=NOW, seen_at=NOW)
    assert levels(running.log(place))["log.alarms"] is RED
    assert levels(running.witnesses(place)) == {"witnesses": AMBER}
    WitnessState.objects.create(name="甲", answered_at=NOW)
    assert levels(running.witnesses(place)) == {"witnesses": GREEN}
    WitnessState.objects.create(name="乙")
    assert levels(running.witnesses(place)) == {"witnesses": AMBER}
    WitnessState.objects.filter(name="甲").update(answered_at=NOW - timedelta(days=1))
    assert levels(running.witnesses(place)) == {"witnesses": RED}


def test_the_mail_server(place: Place) -> None:
    assert levels(running.mail(place)) == {"mail": AMBER}
    (place.data / "invitations").mkdir()
    file = place.data / "invitations" / "channels.yaml"
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        file.write_text(MAIL.format(port))
        assert levels(running.mail(place)) == {"mail": GREEN}
    assert levels(running.mail(place)) == {"mail": RED}
    file.write_text("base: nonsense")
    assert levels(look("mail", running.mail, place)) == {"mail": RED}


# -- the command -----------------------------------------------------------------------------


def test_a_database_that_does_not_answer(tmp_path: Path) -> None:
    said = subprocess.run(
        [sys.executable, "-m", "hengjian", "doctor", "--json"], capture_output=True, text=True, timeout=60,
        check=False, env=os.environ | {"HENGJIAN_DATA": str(tmp_path), "DATABASE_URL": "postgresql://x@127.0.0.1:1/x"},
    )  # fmt: skip
    assert said.returncode == 2
    found = {one["name"]: one for one in map(json.loads, said.stdout.splitlines())}
    assert found["database"]["level"] == "red"
    assert "连不上" in found["database"]["what"]
    assert found["disk"]["level"] == "green"  # one broken thing hides no other


def test_one_broken_look_hides_no_other(place: Place, monkeypatch) -> None:
    def fail(_place: Place):
        raise ValueError

    monkeypatch.setattr(doctor, "SYSTEM", {"clock": fail, "disk": files.disk})
    assert levels(doctor.examine_system(place)) == {"clock": RED, "disk": GREEN}
