"""Marks that were withheld for being too few are named as such, and nothing steps in for them."""

from dataclasses import replace

from hengjian.scoring.assess import assess
from tests.sample_city import NEW, snapshot


def test_withheld_is_not_absent() -> None:
    facts, rules = snapshot(), NEW
    group = next(g for g in rules.groups if any(m.group == g.code for m in facts.marks))
    seat = next(m.seat for m in facts.marks if m.group == group.code)
    empty = tuple(replace(m, marks=()) if (m.seat, m.group) == (seat, group.code) else m for m in facts.marks)
    gone = tuple(m for m in facts.marks if (m.seat, m.group) != (seat, group.code))
    withheld, absent = (
        next(s for s in assess(replace(facts, marks=marks), rules).seats if s.seat == seat)
        for marks in (empty, gone)
    )
    assert {g.kind for g in withheld.gaps if g.group == group.code} == {"group_too_small"}
    assert {g.kind for g in absent.gaps if g.group == group.code} == {"group_missing"}
    assert withheld.total == absent.total  # its weight is spread in the same way
