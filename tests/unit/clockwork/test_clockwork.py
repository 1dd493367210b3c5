"""Duties: when they are due, one worker at a time, killed and lost ones noticed, all of it shown."""

import os
import signal
import subprocess
import sys
import threading
from datetime import UTC, datetime, time, timedelta
from pathlib import Path

import psycopg
import pytest
from django.db import IntegrityError, OperationalError, connection, transaction

from hengjian.clockwork.timing import Timing

NOW = datetime(2026, 6, 20, 2, 0, tzinfo=UTC)  # 10:00 in Shanghai
MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)
CHILD = """
import sys, time
from datetime import UTC, datetime
import django
django.setup()
from django.db import connection
connection.settings_dict["NAME"] = sys.argv[1]
from hengjian.clockwork.operations import alone, begin
with alone("deliver") as mine:
    assert mine
    begin("deliver", "child", datetime(2026, 6, 20, 1, 0, tzinfo=UTC))
    print("at work", flush=True)
    time.sleep(60)
"""


# -- when ------------------------------------------------------------------------------------


def test_every_so_often() -> None:
    timing = Timing(every=MINUTE)
    assert timing.due(None, 0, NOW) == NOW
    assert timing.due(NOW, 0, NOW) == NOW + MINUTE
    assert timing.due(NOW - 5 * HOUR, 0, NOW) == NOW - 5 * HOUR + MINUTE  # late: once, not 300 times


@pytest.mark.parametrize(
    ("last", "due"),
    [
        (None, datetime(2026, 6, 19, 16, 10, tzinfo=UTC)),  # never: since ten past midnight of today
        (datetime(2026, 6, 19, 16, 9, tzinfo=UTC), datetime(2026, 6, 19, 16, 10, tzinfo=UTC)),
        (datetime(2026, 6, 19, 16, 10, tzinfo=UTC), datetime(2026, 6, 20, 16, 10, tzinfo=UTC)),
        (datetime(2026, 6, 10, 0, 0, tzinfo=UTC), datetime(2026, 6, 19, 16, 10, tzinfo=UTC)),
    ],
)
def test_once_a_day_from_an_hour_of_shanghai(last, due) -> None:
    assert Timing(at=time(0, 10)).due(last, 0, NOW) == due


def test_what_failed_is_tried_again_after_growing_pauses() -> None:
    for timing in (Timing(every=MINUTE), Timing(at=time(0, 10))):
        pauses = [timing.due(NOW, n, NOW) - NOW for n in (1, 2, 3, 7, 50)]
        assert pauses == [MINUTE, 2 * MINUTE, 4 * MINUTE, HOUR, HOUR]


def test_a_timing_is_one_of_two() -> None:
    for wrong in ({}, {"every": MINUTE, "at": time(1)}):
        with pytest.raises(ValueError, match="either"):
            Timing(**wrong)


def test_every_duty_has_a_deed() -> None:
    from hengjian.cli.duties import DEEDS
    from hengjian.clockwork.duties import BY_NAME

    assert set(DEEDS) == set(BY_NAME)


# -- who -------------------------------------------------------------------------------------


@pytest.fixture
def committed(django_db_setup, django_db_blocker):
    with django_db_blocker.unblock():
        yield
        from hengjian.clockwork.models import Run

        Run.objects.all().delete()
        connection.close()


def test_a_killed_worker_frees_its_duty_and_its_run_is_called_lost(committed) -> None:
    from hengjian.clockwork.models import Outcome, Run
    from hengjian.clockwork.operations import alone, begin, end
    from hengjian.clockwork.queries import health

    child = subprocess.Popen(
        [sys.executable, "-c", CHILD, connection.settings_dict["NAME"]],
        stdout=subprocess.PIPE, env={**os.environ, "PYTHONPATH": str(Path.cwd())}, text=True,
    )  # fmt: skip
    with child:
        assert child.stdout.readline() == "at work\n"
        with alone("deliver") as mine:
            assert not mine  # two workers at once: the second does not begin
        with alone("keys") as other:
            assert other  # another duty is free
        child.send_signal(signal.SIGKILL)
    for _try in range(100):
        with alone("deliver") as mine:
            if mine:
                end(begin("deliver", "t", NOW), Outcome.DONE, NOW, {"sent": 1})
                break
        threading.Event().wait(0.1)
    assert list(Run.objects.order_by("began_at").values_list("outcome", flat=True)) == ["lost", "done"]
    found = health("deliver")
    assert (found.last.outcome, found.failures) == ("done", 0)


def test_a_lost_server_ends_the_run_and_not_the_worker(committed, monkeypatch) -> None:
    from hengjian.cli import worker
    from hengjian.clockwork.duties import Duty
    from hengjian.clockwork.models import Run

    stopping, done = threading.Event(), []

    def _deed(_policy, _moment):
        if not done:
            done.append("lost")
            _cut(connection.connection.info.backend_pid)
            connection.cursor().execute("SELECT 1")
        done.append("done")
        stopping.set()
        return {"n": 1}

    monkeypatch.setitem(worker.DEEDS, "deliver", _deed)
    monkeypatch.setattr("hengjian.clockwork.duties.DUTIES", (Duty("deliver", "", "", Timing(every=MINUTE)),))
    monkeypatch.setattr("hengjian.clockwork.timing.FIRST_PAUSE", timedelta(0))
    monkeypatch.setattr(worker, "AWAY", 0.01)
    monkeypatch.setattr(worker, "LOOKS", 0.01)
    clock = iter(datetime.now(UTC) + n * HOUR for n in range(1000))
    monkeypatch.setattr(worker, "now", lambda: next(clock))
    worker.run(None, stopping)
    assert done == ["lost", "done"]
    assert list(Run.objects.order_by("id").values_list("outcome", flat=True)) == ["lost", "done"]


def _cut(pid: int) -> None:
    given = connection.settings_dict
    link = {
        "host": given["HOST"],
        "port": given["PORT"],
        "user": given["USER"],
        "password": given["PASSWORD"],
    }
    wanted = {name: str(value) for name, value in link.items() if value}
    with psycopg.connect(dbname="postgres", autocommit=True, **wanted) as admin:
        admin.execute("SELECT pg_terminate_backend(%s)", [pid])


# -- how it went -----------------------------------------------------------------------------


@pytest.mark.django_db
def test_a_failure_is_kept_with_its_code_and_counts_until_it_is_done(monkeypatch) -> None:
    from hengjian.cli import worker
    from hengjian.clockwork.queries import failures, health
    from hengjian.terms.errors import Refused

    def _wrong(_policy, _moment):
        raise Refused("配置不对", code="invitations.channels")

    def _broken(_policy, _moment):
        raise ZeroDivisionError

    for deed in (_wrong, _broken):
        monkeypatch.setitem(worker.DEEDS, "deliver", deed)
        assert worker.attempt("deliver", None).outcome == "failed"
    assert [one.fault for one in failures()] == ["ZeroDivisionError", "invitations.channels"]
    assert health("deliver").failures == 2
    monkeypatch.setitem(worker.DEEDS, "deliver", lambda _policy, _moment: None)
    assert worker.attempt("deliver", None).outcome == "idle"
    assert health("deliver").failures == 0


@pytest.mark.django_db
def test_a_database_fault_is_raised_on(monkeypatch) -> None:
    from hengjian.cli import worker

    def _away(_policy, _moment):
        raise OperationalError("gone")

    monkeypatch.setitem(worker.DEEDS, "deliver", _away)
    with pytest.raises(OperationalError), transaction.atomic():
        worker.attempt("deliver", None)


@pytest.mark.django_db
def test_old_runs_go() -> None:
    from hengjian.clockwork.models import Outcome, Run
    from hengjian.clockwork.operations import KEPT, begin, end

    end(begin("deliver", "t", NOW - KEPT - HOUR), Outcome.DONE, NOW - KEPT)
    end(begin("keys", "t", NOW - KEPT - HOUR), Outcome.DONE, NOW - KEPT)
    begin("deliver", "t", NOW)
    assert sorted(Run.objects.values_list("duty", flat=True)) == ["deliver", "keys"]


REFUSED = {
    "run_outcome_known": {"outcome": "x", "ended_at": NOW},
    "run_ended_has_outcome": {"outcome": "done"},
    "run_ends_after_begin": {"outcome": "done", "ended_at": NOW - HOUR},
    "run_failed_says_why": {"outcome": "failed", "ended_at": NOW},
    "run_says_no_count_of_marks": {"duty": "followups", "said": {"opened": 3}},
    "run_one_at_a_time": {},
}


@pytest.mark.parametrize("name", sorted(REFUSED))
@pytest.mark.django_db
def test_the_database_holds_the_invariants(name: str) -> None:
    from hengjian.clockwork.models import Run

    Run.objects.create(duty="deliver", worker="t", began_at=NOW)
    with pytest.raises(IntegrityError, match=name), transaction.atomic():
        Run.objects.create(**{"duty": "deliver", "worker": "t", "began_at": NOW} | REFUSED[name])


def test_each_invariant_is_tested() -> None:
    from hengjian.clockwork.models import Run

    assert {c.name for c in Run._meta.constraints} == set(REFUSED)


@pytest.mark.django_db
def test_the_deeds_run_on_an_empty_city(settings, tmp_path) -> None:
    """The real ones: nothing to do is done; what is not set up is left, not failed."""
    from hengjian.cli import worker
    from hengjian.cli.duties import DEEDS
    from hengjian.policy.folder import load, shipped

    settings.DATA = tmp_path
    policy = load(shipped()["seed"])
    outcomes = {name: worker.attempt(name, policy).outcome for name in DEEDS}
    assert outcomes.items() >= {
        "deliver": "idle", "keys": "done", "ballots": "done", "followups": "done", "night": "done",
        "reconcile": "idle", "anchor": "idle", "accounts": "done",
    }.items()  # fmt: skip


@pytest.mark.django_db
def test_what_is_noted_of_a_night_does_not_depend_on_what_was_in_it(settings, tmp_path) -> None:
    """Not even how many ballots, or cases of low marks, there were."""
    from hengjian.cli import worker
    from hengjian.cli.duties import DEEDS
    from hengjian.clockwork.models import QUIET, Run
    from hengjian.notary.nights.models import Night
    from hengjian.policy.folder import load, shipped
    from hengjian.ratings.followups.models import Case
    from tests.unit.ratings.followups.places import key_of_town, put

    settings.DATA = tmp_path
    policy, yesterday = load(shipped()["seed"]), worker.now().date() - timedelta(days=1)
    key = key_of_town()
    for mark in (2, 9, 1):
        put(key, mark, on=yesterday)
    for name in DEEDS:
        worker.attempt(name, policy)
    assert (Case.objects.count(), Night.objects.get().places.count()) == (2, 4)  # two cases, a step each
    assert list(Run.objects.filter(duty__in=QUIET).values_list("said", flat=True)) == [{}, {}, {}]
