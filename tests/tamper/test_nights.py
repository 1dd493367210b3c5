"""What the owner of the database does to rows of a night by SQL, triggers off, one reconciliation names."""

import json
from datetime import timedelta
from uuid import uuid4

import pytest
from django.db import connection, transaction

from hengjian.notary.models import Commitment, Reconciliation
from hengjian.notary.nights import operations as nights
from hengjian.notary.nights.models import Night, NightPlace, Tonight
from hengjian.notary.reconciliation import reconcile
from hengjian.notary.recording import notarise
from hengjian.notary.sequencing import Sequencer
from hengjian.ratings.ballots.models import SetAside
from tests.unit.notary.town import AT, DAY

KIND = "ballots.setaside"
pytestmark = pytest.mark.django_db
Found = set[tuple[str, str, str]]


@pytest.fixture
def log() -> list[str]:
    """Two nights of three rows each, and a row that waits; the keys in the order of writing."""
    keys = [key for days in range(2) for key in (*written(3), night(days))[:3]]
    keys += written(1)
    sequencer = Sequencer()
    try:
        assert sequencer.step(AT) is not None
    finally:
        sequencer.release()
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
    return keys


def written(count: int) -> list[str]:
    with transaction.atomic():
        made = [SetAside.objects.create(raw="ballot", reason="refused", on=DAY) for _ in range(count)]
        notarise(DAY, *made)
    return [str(one.pk) for one in made]


def night(days: int) -> str:
    made = nights.gather(AT + timedelta(days=days))
    assert made is not None
    return ""


def by_owner(statement: str, *values: object, rows: int = 1) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL session_replication_role = replica")
        cursor.execute(statement, values)
        assert cursor.rowcount == rows
        cursor.execute("SET LOCAL session_replication_role = origin")


def found() -> Found:
    run = reconcile(lambda: AT, None)
    return {(one.what, one.kind, one.key) for one in run.differences.all()}


def number(key: str) -> int:
    return Commitment.objects.get(kind=KIND, key=key).pk


def differs(*numbers: int) -> Found:
    return {("night_differs", "notary.night", str(one)) for one in numbers}


def test_untouched_nights_agree_and_the_report_does_not_count_them(log: list[str]) -> None:
    assert found() == set()
    run = Reconciliation.objects.get()
    assert run.rows == run.leaves == Commitment.objects.exclude(kind=KIND).count()
    before = run.rows
    written(5)
    assert found() == set()
    assert Reconciliation.objects.latest("pk").rows == before


@pytest.mark.parametrize("at", [0, 4, 6])
def test_a_changed_row(log: list[str], at: int) -> None:
    by_owner("UPDATE ballots_setaside SET raw = 'other' WHERE id = %s", log[at])
    assert found() == {("row_changed", KIND, log[at])}


@pytest.mark.parametrize("at", [0, 4, 6])
def test_a_deleted_row(log: list[str], at: int) -> None:
    by_owner("DELETE FROM ballots_setaside WHERE id = %s", log[at])
    assert found() == {("row_missing", KIND, log[at])}


def test_a_deleted_row_with_all_that_is_known_of_it(log: list[str]) -> None:
    leaf = number(log[0])
    by_owner("DELETE FROM ballots_setaside WHERE id = %s", log[0])
    by_owner("DELETE FROM notary_nightplace WHERE commitment_id = %s", leaf)
    by_owner("DELETE FROM notary_salt WHERE commitment_id = %s", leaf)
    by_owner("DELETE FROM notary_commitment WHERE id = %s", leaf)
    assert found() == differs(1)


def test_a_changed_row_with_a_new_commitment(log: list[str]) -> None:
    """Even one that fits the changed row does not fit the night's root."""
    leaf = number(log[0])
    other = written(1)[0]
    by_owner("DELETE FROM notary_tonight WHERE delivery = %s", number(other) >> 20)
    by_owner(
        "UPDATE notary_commitment c SET entry = o.entry FROM notary_commitment o"
        " WHERE (c.id, o.id) = (%s, %s)",
        leaf, number(other),
    )  # fmt: skip
    assert differs(1) < found()


def test_a_row_behind_the_back(log: list[str]) -> None:
    key = str(uuid4())
    by_owner("INSERT INTO ballots_setaside (id, raw, reason, \"on\") VALUES (%s, 'x', 'y', %s)", key, DAY)
    assert found() == {("row_unlogged", KIND, key)}


def test_a_row_put_into_a_past_night(log: list[str]) -> None:
    key = written(1)[0]
    by_owner("DELETE FROM notary_tonight WHERE delivery = %s", number(key) >> 20)
    assert found() == {("unnumbered", KIND, key)}
    free = next(at for at in range(10) if not NightPlace.objects.filter(night=1, place=at).exists())
    NightPlace.objects.create(commitment_id=number(key), night_id=1, place=free)
    assert found() == differs(1)


def test_a_row_moved_to_another_night(log: list[str]) -> None:
    by_owner(
        "UPDATE notary_nightplace SET night_id = 2, place = 4095 - place WHERE commitment_id = %s",
        number(log[0]),
    )
    assert found() == differs(1, 2)


def test_a_row_moved_within_its_night(log: list[str]) -> None:
    by_owner("UPDATE notary_nightplace SET place = place # 1 WHERE commitment_id = %s", number(log[0]))
    assert found() == differs(1)


def test_a_row_taken_out_of_its_night_to_wait_again(log: list[str]) -> None:
    leaf = number(log[0])
    by_owner("DELETE FROM notary_nightplace WHERE commitment_id = %s", leaf)
    Tonight.objects.create(delivery=leaf >> 20, count=3, after=2)
    assert differs(1) <= found()


def test_a_row_that_two_nights_passed_by(log: list[str]) -> None:
    by_owner("UPDATE notary_tonight SET after = 0")
    assert found() == {("unnumbered", KIND, log[6])}


def test_a_night_that_is_changed_or_gone(log: list[str]) -> None:
    for change in ("root = repeat('0', 64)", "seed = '\\x00'", "size = 8192", "size = 3", "size = 1"):
        with transaction.atomic():
            by_owner(f"UPDATE notary_night SET {change} WHERE number = 1")
            assert found() == {*differs(1), ("row_changed", "notary.night", "1")}, change
            transaction.set_rollback(True)
    by_owner("DELETE FROM notary_night WHERE number = 1")
    assert ("row_missing", "notary.night", "1") in found()


def test_a_night_that_nobody_logged(log: list[str]) -> None:
    by_owner(
        'INSERT INTO notary_night SELECT 3, "on" + 9, size, root, seed FROM notary_night WHERE number = 2'
    )
    assert found() == {("row_unlogged", "notary.night", "3"), *differs(3)}


def test_all_of_a_night_is_changed_together(log: list[str]) -> None:
    """A night made anew over fewer rows does not fit the leaf that was published."""
    leaf = number(log[0])
    by_owner("DELETE FROM ballots_setaside WHERE id = %s", log[0])
    for table, column in (
        ("notary_nightplace", "commitment_id"), ("notary_salt", "commitment_id"), ("notary_commitment", "id"),
    ):  # fmt: skip
        by_owner(f"DELETE FROM {table} WHERE {column} = %s", leaf)
    held = Night.objects.get(number=1)
    entries = dict(held.places.values_list("place", "commitment__entry"))
    tree = nights.NightTree(held.size, bytes(held.seed), {at: bytes(one) for at, one in entries.items()})
    by_owner("UPDATE notary_night SET root = %s WHERE number = 1", tree.root.hex())
    assert found() == {("row_changed", "notary.night", "1")}


def test_a_run_that_was_killed_goes_on_with_the_next_night(log: list[str]) -> None:
    by_owner("UPDATE ballots_setaside SET raw = 'other' WHERE id IN (%s, %s)", log[0], log[4], rows=2)
    Reconciliation.objects.create(started_at=AT, size=0, at_step="nights", place=json.loads('{"night": 1}'))
    assert found() == {("row_changed", KIND, log[4])}
