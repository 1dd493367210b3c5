"""A cycle moves along the table of transitions and in no other way; each move names a person."""

from datetime import timedelta
from pathlib import Path

import pytest
from django.db import DatabaseError, connection, transaction

from hengjian.cycles import operations, queries
from hengjian.cycles.checking import verify_cycle
from hengjian.cycles.models import AuditEntry, Cycle, Publication, StoredSnapshot
from hengjian.cycles.transitions import TRANSITIONS, State, chart, transition, verbs_from
from hengjian.terms.canonical import digest
from hengjian.terms.errors import NotPermitted, PolicyError, Refused
from tests.unit.cycles.small_city import audit, open_one, seat, to_published

CYCLE = "t-2026-h1"
VERBS = {
    "freeze": lambda folder: operations.freeze(CYCLE, audit()),
    "unfreeze": lambda folder: operations.unfreeze(CYCLE, audit(reason="漏了一份报表")),
    "score": lambda folder: operations.score(CYCLE, audit()),
    "review": lambda folder: operations.review(CYCLE, audit("leader", "已核对")),
    "publish": lambda folder: operations.publish(CYCLE, audit(), folder),
}
ROAD = ("freeze", "score", "review", "publish")


def test_the_document_of_states_is_the_table(root: Path) -> None:
    """``hengjian cycle states`` writes it; whoever changes the table writes it anew."""
    assert (root / "docs/reference/cycle-states.md").read_text(encoding="utf-8") == chart()


def test_the_database_allows_exactly_the_table(city: None) -> None:
    allowed = {(t.source.value, t.target.value) for t in TRANSITIONS}
    pairs = [(a, b) for a in State.values for b in State.values if a != b]
    assert {pair for pair in pairs if moves(*pair)} == allowed


def moves(source: str, target: str) -> bool:
    """Whether the database lets a cycle in one state pass to another."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute("ALTER TABLE cycles_cycle DISABLE TRIGGER cycles_cycle_moves")
        Cycle.objects.update(state=source)
        cursor.execute("ALTER TABLE cycles_cycle ENABLE ALWAYS TRIGGER cycles_cycle_moves")
    try:
        with transaction.atomic():
            Cycle.objects.update(state=target)
    except DatabaseError:
        return False
    return True


def test_the_road_from_open_to_published(city: None, tmp_path: Path) -> None:
    for verb in ROAD:
        assert verb in verbs_from(Cycle.objects.get(pk=CYCLE).state)
        VERBS[verb](tmp_path)
    trail = list(AuditEntry.objects.order_by("id").values_list("source", "target", "by"))
    assert trail == [
        ("", "open", "office"),
        ("open", "frozen", "office"),
        ("frozen", "scored", "office"),
        ("scored", "reviewed", "leader"),
        ("reviewed", "published", "office"),
    ]
    made = Publication.objects.get()
    assert digest(Path(made.path).read_bytes()) == made.bundle_digest
    assert made.root == queries.sheet(CYCLE).root
    assert verify_cycle(CYCLE).ok


@pytest.mark.parametrize("steps", range(len(ROAD) + 1))
def test_every_other_verb_is_refused_with_the_present_state(city: None, tmp_path: Path, steps: int) -> None:
    for verb in ROAD[:steps]:
        VERBS[verb](tmp_path)
    state = Cycle.objects.get(pk=CYCLE).state
    before = (AuditEntry.objects.count(), StoredSnapshot.objects.count())
    for verb, act in VERBS.items():
        if transition(verb, state) is None:
            with pytest.raises(Refused) as refusal:
                act(tmp_path)
            assert refusal.value.code == "cycles.wrong_state"
            assert str(State(state).label) in refusal.value.what
    assert Cycle.objects.get(pk=CYCLE).state == state
    assert (AuditEntry.objects.count(), StoredSnapshot.objects.count()) == before


def test_freezing_before_the_cut_off_wants_a_reason(city: None) -> None:
    with pytest.raises(Refused, match="还没有到"):
        operations.freeze(CYCLE, audit(hours=-1))
    assert queries.cycle_row(CYCLE).state == "open"
    operations.freeze(CYCLE, audit(hours=-1, reason="数据已齐"))
    assert queries.cycle_detail(CYCLE).audit[-1].reason == "数据已齐"


def test_unfreeze_wants_a_reason_and_keeps_the_snapshot(city: None) -> None:
    first = operations.freeze(CYCLE, audit())
    with pytest.raises(Refused, match="理由"):
        operations.unfreeze(CYCLE, audit(reason="  "))
    operations.unfreeze(CYCLE, audit(reason="漏了一份报表"))
    second = operations.freeze(CYCLE, audit(hours=1))
    assert second.root == first.root  # the same facts have the same root
    assert StoredSnapshot.objects.filter(cycle=CYCLE).count() == 2


def test_who_froze_or_scored_cannot_review(city: None, tmp_path: Path) -> None:
    operations.freeze(CYCLE, audit("anna"))
    operations.score(CYCLE, audit("berta"))
    for person in ("anna", "berta"):
        with pytest.raises(NotPermitted, match=person):
            operations.review(CYCLE, audit(person, "看过"))
    operations.review(CYCLE, audit("clara", "看过"))


def test_who_edited_a_result_cannot_review_it(city: None) -> None:
    operations.adjust(CYCLE, seat(), 2.0, "SPEC F7", audit("dora", "复核认定"))
    operations.freeze(CYCLE, audit("anna"))
    operations.score(CYCLE, audit("berta"))
    with pytest.raises(NotPermitted, match="dora"):
        operations.review(CYCLE, audit("dora", "看过"))
    operations.review(CYCLE, audit("clara", "看过"))


def test_a_correction_supersedes_only_when_it_is_published(city: None, tmp_path: Path) -> None:
    with pytest.raises(Refused, match="不能执行"):
        operations.open_correction(CYCLE, "t-fix", audit(reason="算错了单位"))
    to_published(CYCLE, tmp_path)
    operations.open_correction(CYCLE, "t-fix", audit(reason="算错了单位"))
    with pytest.raises(Refused, match="已有更正周期"):
        operations.open_correction(CYCLE, "t-fix-2", audit(reason="又一处"))
    operations.adjust("t-fix", seat(), 1.0, "SPEC F7", audit(reason="复核后更正"))
    assert Cycle.objects.get(pk=CYCLE).state == State.PUBLISHED
    to_published("t-fix", tmp_path)
    assert Cycle.objects.get(pk=CYCLE).state == State.SUPERSEDED
    assert Publication.objects.count() == 2  # nothing of the old result is gone
    rows = {row.id: row for row in queries.list_cycles()}
    assert rows[CYCLE].superseded_by == "t-fix"
    assert rows["t-fix"].supersedes == CYCLE
    old, new = queries.seat_sheet(CYCLE, seat()), queries.seat_sheet("t-fix", seat())
    assert new.score.total == pytest.approx(old.score.total + 1.0, abs=1e-9)


def test_a_correction_takes_in_what_became_known_since(city: None, tmp_path: Path) -> None:
    to_published(CYCLE, tmp_path)
    later = audit(reason="补报数据", hours=5)
    made = operations.open_correction(CYCLE, "t-fix", later)
    assert made.cut_off == later.at > Cycle.objects.get(pk=CYCLE).cut_off
    operations.freeze("t-fix", audit(hours=6))
    operations.score("t-fix", audit(hours=7))
    earlier = made.cut_off - timedelta(days=1)
    again = operations.open_correction("t-fix", "t-fix-2", audit(reason="按原截止"), cut_off=earlier)
    assert again.cut_off == earlier


def test_adjustments_want_reason_clause_and_an_open_cycle(city: None) -> None:
    for clause, reason, points in (
        ("", "r", 1),
        ("SPEC F7", "", 1),
        ("SPEC F7", "r", 0),
        ("SPEC F7", "r", 101),
    ):
        with pytest.raises(Refused):
            operations.adjust(CYCLE, seat(), points, clause, audit(reason=reason))
    with pytest.raises(Refused, match="没有任职"):
        operations.adjust(CYCLE, "nobody@nowhere", 1, "SPEC F7", audit(reason="r"))
    operations.freeze(CYCLE, audit())
    with pytest.raises(Refused, match="已冻结"):
        operations.adjust(CYCLE, seat(), 1, "SPEC F7", audit(reason="r"))


def test_a_cycle_that_cannot_be_is_not_opened(city: None) -> None:
    for given, code in (
        ({"id": "With Blank"}, "cycles.id_form"),
        ({"title": " "}, "cycles.title_missing"),
        ({"period": "2026-H3"}, "period.form"),
    ):
        with pytest.raises(Refused) as refusal:
            open_one(**{"number": "new"} | {("number" if k == "id" else k): v for k, v in given.items()})
        assert refusal.value.code == code
    with pytest.raises(PolicyError):
        open_one("new", policy="/nowhere")
    with pytest.raises(Refused, match="已有编号"):
        open_one(CYCLE)
    assert Cycle.objects.count() == 1
