"""What was added to a cycle in error is taken back before freezing; both stay to be read. SPEC F3."""

from datetime import UTC, date, datetime

import pytest
from django.db import IntegrityError, transaction

from hengjian.cycles import exceptions, operations, storing
from hengjian.cycles.models import Cycle, Withdrawal
from hengjian.cycles.transitions import Audit
from hengjian.notary.models import Commitment
from hengjian.terms.errors import NotPermitted, Refused
from tests.unit.cycles.small_city import audit, seat

CYCLE, INDICATOR = "t-2026-h1", "tax_per_mu"


@pytest.fixture
def added(city: None) -> tuple[int, int]:
    """Points and an exception, by their numbers."""
    points = operations.adjust(CYCLE, seat(), 1.5, "SPEC F7", audit("anna", reason="r"))
    apart = operations.mark_not_applicable(CYCLE, seat(), INDICATOR, audit("anna", reason="r"))
    return points.pk, apart.pk


def frozen() -> object:
    return storing.snapshot_of(operations.freeze(CYCLE, audit(hours=1)))


def test_what_stands_counts(added: tuple[int, int]) -> None:
    facts = frozen()
    assert [one.points for one in facts.adjustments] == [1.5]
    assert [one.indicator for one in facts.not_applicable] == [INDICATOR]


def test_what_is_withdrawn_does_not_count_and_is_listed_with_its_reason(added: tuple[int, int]) -> None:
    operations.withdraw(CYCLE, "adjust", added[0], audit("bert", reason="记错了镇"))
    operations.withdraw(CYCLE, "not-applicable", added[1], audit("bert", reason="有此职能"))
    listed = exceptions.added_to(CYCLE)
    assert {one.withdrawal.reason for one in listed if one.withdrawal} == {"记错了镇", "有此职能"}
    assert INDICATOR in [line.code for line in exceptions.card_of(CYCLE, seat())]
    facts = frozen()
    assert facts.adjustments == ()
    assert facts.not_applicable == ()


def test_each_withdrawal_is_a_leaf_of_the_log(added: tuple[int, int]) -> None:
    made = operations.withdraw(CYCLE, "adjust", added[0], audit("bert", reason="r"))
    assert Commitment.objects.filter(kind="cycles.withdrawal", key=str(made.pk)).count() == 1


def test_it_can_be_said_again_after_it_was_withdrawn(added: tuple[int, int]) -> None:
    with pytest.raises(Refused, match="已标记"):
        operations.mark_not_applicable(CYCLE, seat(), INDICATOR, audit(reason="r"))
    operations.withdraw(CYCLE, "not-applicable", added[1], audit(reason="r"))
    operations.mark_not_applicable(CYCLE, seat(), INDICATOR, audit(reason="again"))
    assert [one.reason for one in frozen().not_applicable] == ["again"]


def test_nothing_is_withdrawn_twice_without_a_reason_or_of_another_cycle(added: tuple[int, int]) -> None:
    with pytest.raises(Refused, match="理由"):
        operations.withdraw(CYCLE, "adjust", added[0], audit(reason=" "))
    operations.withdraw(CYCLE, "adjust", added[0], audit(reason="r"))
    for number in (added[0], added[0] + 100, 10**30):
        with pytest.raises(Refused, match="已撤回"):
            operations.withdraw(CYCLE, "adjust", number, audit(reason="r"))
    assert Withdrawal.objects.count() == 1


def test_nothing_is_withdrawn_from_a_frozen_cycle(added: tuple[int, int]) -> None:
    frozen()
    with pytest.raises(Refused, match="已冻结"):
        operations.withdraw(CYCLE, "adjust", added[0], audit(reason="r"))


def test_the_day_is_beijing_s(city: None) -> None:
    early = Audit("anna", datetime(2026, 7, 9, 16, 30, tzinfo=UTC), "r")  # half past midnight in Beijing
    points = operations.adjust(CYCLE, seat(), 1, "SPEC F7", early)
    apart = operations.mark_not_applicable(CYCLE, seat(), INDICATOR, early)
    back = operations.withdraw(CYCLE, "adjust", points.pk, early)
    assert {points.on, apart.on, back.on} == {date(2026, 7, 10)}


def test_who_withdrew_does_not_review(added: tuple[int, int]) -> None:
    operations.withdraw(CYCLE, "adjust", added[0], audit("bert", reason="r"))
    frozen()
    operations.score(CYCLE, audit("carl", hours=2))
    with pytest.raises(NotPermitted, match="bert"):
        operations.review(CYCLE, audit("bert", hours=3, reason="r"))


def test_the_database_wants_one_thing(added: tuple[int, int]) -> None:
    cycle, day = Cycle.objects.get(pk=CYCLE), audit().at.date()
    for which in ({}, {"adjustment_id": added[0], "not_applicable_id": added[1]}):
        with pytest.raises(IntegrityError, match="withdrawal_of_one_thing"), transaction.atomic():
            Withdrawal.objects.create(cycle=cycle, reason="r", author="b", on=day, **which)
