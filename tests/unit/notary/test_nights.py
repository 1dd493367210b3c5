"""One leaf a night: it looks the same whatever the night took, and what it took can be proved out of it."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from django.db import DatabaseError, IntegrityError, OperationalError, connection, connections, transaction

from hengjian.notary.errors import LogTampered
from hengjian.notary.evidence_files import opening_path, write_evidence
from hengjian.notary.models import Commitment, Pending, Receipt
from hengjian.notary.nights import operations as nights
from hengjian.notary.nights.models import Night, NightPlace, Tonight
from hengjian.notary.operations import append_many
from hengjian.notary.protected import Protected, protect
from hengjian.notary.queries import leaf_of, proof_of
from hengjian.notary.recording import notarise
from hengjian.notary.trusting import trust_in
from hengjian.proof.commitments import Entry
from hengjian.proof.main import main as hengjian_proof
from hengjian.proof.nights import LEAST
from hengjian.ratings.ballots.models import SetAside
from tests.unit.notary.town import AT, DAY, Town, reachable

KIND = "test.quiet"
OTHERS = (1 << 43) - 7  # the number of a delivery that nobody draws here


@pytest.fixture(autouse=True)
def quiet(kinds: None) -> None:
    protect(Protected(KIND, nightly=True))


def append(first: int, count: int) -> None:
    with transaction.atomic():
        append_many(KIND, [(str(first + at), b"content", None) for at in range(count)], DAY)


def night(days: int = 0) -> Night | None:
    return nights.gather(AT + timedelta(days=days))


def rows(count: int) -> list[SetAside]:
    """Rows of a nightly kind that has a table."""
    with transaction.atomic():
        made = [SetAside.objects.create(raw=f"ballot {n}", reason="refused", on=DAY) for n in range(count)]
        notarise(DAY, *made)
    return made


@pytest.mark.django_db
def test_rows_of_a_nightly_kind_wait_for_the_night_and_then_stand_in_its_leaf() -> None:
    append(0, 3)
    append(3, 1)
    assert not Pending.objects.exclude(delivery__in=_of("notary.contentform")).exists()
    assert sorted(Tonight.objects.values_list("count", "after")) == [(1, 0), (3, 0)]
    made = night()
    assert made is not None
    assert (made.number, made.size, made.places.count()) == (1, LEAST, 4)
    assert not Tonight.objects.exists()
    assert Commitment.objects.filter(kind="notary.night", key="1").count() == 1


def _of(kind: str) -> list[int]:
    return [number >> 20 for number in Commitment.objects.filter(kind=kind).values_list("pk", flat=True)]


@pytest.mark.django_db
def test_every_night_has_one_leaf_and_all_look_the_same() -> None:
    for days, count in enumerate((0, 1, 57, 0, 3)):
        append(days * 100, count) if count else None
        assert night(days) is not None
        assert night(days) is None, "twice on a day"
    leaves = [
        Entry.parse(bytes(one.entry)) for one in Commitment.objects.filter(kind="notary.night").order_by("on")
    ]
    assert [one.on for one in leaves] == [f"2026-03-0{day}" for day in range(6, 10)] + ["2026-03-10"]
    assert len({(one.kind, one.schema, str(one.public), len(one.encode())) for one in leaves}) == 1
    assert set(Night.objects.values_list("size", flat=True)) == {LEAST}


@pytest.mark.django_db
def test_after_nights_without_a_worker_one_leaf_takes_all() -> None:
    night()
    for days in range(3):
        append(days * 10, 2)
    assert night(4) is not None
    assert list(Night.objects.order_by("number").values_list("number", flat=True)) == [1, 2]
    assert NightPlace.objects.filter(night=2).count() == 6
    assert night(3) is None, "a clock that went back makes none"


@pytest.mark.django_db
def test_the_first_night_keeps_the_forms_of_all_nightly_kinds() -> None:
    """Else the first low mark ever would be seen by the form of its case."""
    night()
    forms = Commitment.objects.filter(kind="notary.contentform").count()
    rows(2)
    night(1)
    assert Commitment.objects.filter(kind="notary.contentform").count() == forms
    kept = set(Commitment.objects.filter(kind="notary.contentform").values_list("key", flat=True))
    assert {"followups.case/1", "followups.report/1", "ballots.exclusion/1"} <= kept


@pytest.mark.django_db
def test_more_rows_than_places_make_a_larger_tree() -> None:
    append(0, LEAST + 1)
    made = night()
    assert made is not None
    assert (made.size, made.places.count()) == (2 * LEAST, LEAST + 1)


@pytest.mark.django_db
@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE notary_night SET size = 1",
        "DELETE FROM notary_night",
        "UPDATE notary_nightplace SET place = place + 1",
        "DELETE FROM notary_nightplace",
        "DELETE FROM notary_tonight",
        "UPDATE notary_tonight SET count = 2",
        "TRUNCATE notary_tonight",
        "TRUNCATE notary_night CASCADE",
    ],
)
def test_the_database_refuses_changes(statement: str) -> None:
    append(0, 1)
    night()
    append(1, 1)
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        with pytest.raises(DatabaseError, match="is refused"), transaction.atomic():
            cursor.execute(statement)


@pytest.mark.django_db
@pytest.mark.parametrize(
    "values", [{"number": 0}, {"size": 0}, {"root": "x"}, {"on": AT.date()}, {"number": 1}]
)
def test_the_database_refuses_a_night_that_is_none(values: dict[str, object]) -> None:
    night()
    given = {"number": 2, "on": DAY, "size": 1, "root": "0" * 64, "seed": b"x"} | values
    with pytest.raises(IntegrityError), transaction.atomic():
        Night.objects.create(**given)


@pytest.mark.django_db
@pytest.mark.parametrize("values", [{"count": 0}, {"count": 1 << 17}])
def test_the_database_refuses_a_delivery_of_impossible_size(values: dict[str, int]) -> None:
    with pytest.raises(IntegrityError), transaction.atomic():
        Tonight.objects.create(**{"delivery": 1, "count": 1, "after": 0} | values)


@pytest.mark.django_db
def test_the_database_refuses_two_entries_in_one_place() -> None:
    append(0, 2)
    night()
    first, second = Commitment.objects.filter(kind=KIND)
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL session_replication_role = replica; SET CONSTRAINTS ALL IMMEDIATE")
        with pytest.raises(IntegrityError), transaction.atomic():
            cursor.execute(
                "UPDATE notary_nightplace n SET place = o.place FROM notary_nightplace o"
                " WHERE n.commitment_id = %s AND o.commitment_id = %s",
                [first.pk, second.pk],
            )


@pytest.mark.django_db
def test_a_night_does_not_begin_over_a_commitment_that_is_gone() -> None:
    append(0, 2)
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL session_replication_role = replica")
        cursor.execute("DELETE FROM notary_commitment WHERE kind = %s AND key = '1'", [KIND])
        cursor.execute("SET LOCAL session_replication_role = origin")
    with pytest.raises(LogTampered, match="少了 1 条"):
        night()
    assert not Night.objects.exists()


def test_a_server_lost_within_the_night_leaves_nothing_half(
    database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    append(0, 5)

    def lost(*_given: object) -> None:
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_terminate_backend(pg_backend_pid())")

    with monkeypatch.context() as patch:
        patch.setattr(nights, "notarise", lost)
        with pytest.raises(OperationalError):
            night()
    connections["default"].close()
    assert (Night.objects.count(), NightPlace.objects.count(), Tonight.objects.count()) == (0, 0, 1)
    assert night() is not None
    assert (Night.objects.count(), NightPlace.objects.count(), Tonight.objects.count()) == (1, 5, 0)


def test_who_commits_while_the_night_is_at_work_is_in_the_next_one(database: str) -> None:
    import psycopg

    append(0, 1)
    with psycopg.connect(dbname=database, **reachable()) as slow:
        slow.execute(
            'INSERT INTO notary_commitment (id, kind, key, schema, "on", entry)'
            f" VALUES ({OTHERS} << 20, %s, 'slow', 1, %s, 'x')",
            [KIND, DAY],
        )
        slow.execute("INSERT INTO notary_tonight (delivery, count, after) VALUES (%s, 1, 0)", [OTHERS])
        night()
        slow.commit()
    assert Tonight.objects.count() == 1
    night(1)
    assert NightPlace.objects.get(pk=OTHERS << 20).night_id == 2


def turned(town: Town) -> None:
    notary = town.start()
    try:
        notary.turn(AT)
    finally:
        notary.close()


def test_a_row_is_proved_through_its_night(
    town: Town, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    made = rows(3)
    kind, key, proof = "ballots.setaside", str(made[1].pk), tmp_path / "it.tlog-proof"
    assert (leaf_of(kind, key), proof_of(kind, key)) == (None, None)
    assert not write_evidence(kind, key, proof)
    night()
    turned(town)
    assert leaf_of(kind, key) == leaf_of("notary.night", "1") is not None
    assert write_evidence(kind, key, proof, trust_in(town.folder.trust))
    asked = ["verify", str(proof), "--trust", str(town.folder.trust)]
    assert hengjian_proof(asked) == 0
    assert "当夜" in capsys.readouterr().out
    opening = opening_path(proof)
    said = json.loads(opening.read_text())
    assert json.loads(said["record"])["row"]["raw"] == "ballot 1"
    assert len(said["within"]["path"]) == 12, "the same for every usual night"
    assert "count" not in said["within"]["record"]
    for spoilt in _spoilt(said):
        opening.write_text(json.dumps(spoilt))
        assert hengjian_proof(asked) != 0, spoilt


def _spoilt(said: dict) -> list[dict]:
    within = said["within"]
    row = json.loads(within["record"])
    other = json.dumps(row | {"row": row["row"] | {"root": "0" * 64}})
    changes: list[dict] = [
        {"place": within["place"] ^ 1}, {"path": within["path"][:-1]}, {"path": ["0" * 64] * 12},
        {"path": ["0"] * 12}, {"path": "x"}, {"place": "1"}, {"record": other}, {"salt": "00" * 32},
        {"entry": said["entry"]}, {"more": 1}, {"record": "{}"},
    ]  # fmt: skip
    spoilt = [said | {"within": within | change} for change in changes]
    without = {name: said[name] for name in ("entry", "record", "salt")}
    return [*spoilt, without, said | {"record": said["record"].replace("ballot 1", "ballot 2")}]


def test_the_log_has_no_place_for_a_row_of_a_night(town: Town) -> None:
    made = rows(2)
    turned(town)
    night()
    turned(town)
    numbered = {
        number >> 20
        for number in Commitment.objects.filter(kind="ballots.setaside").values_list("pk", flat=True)
    }
    assert not Receipt.objects.filter(delivery__in=numbered).exists()
    assert {leaf_of("ballots.setaside", str(one.pk)) for one in made} == {leaf_of("notary.night", "1")}


def test_an_hour_of_shanghai_decides_which_night_it_is(database: str) -> None:
    assert nights.gather(datetime(2026, 3, 5, 17, 0, tzinfo=UTC)) is not None  # 01:00 on the 6th
    assert night() is None
