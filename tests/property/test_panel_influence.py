"""No change of one person's mark moves a panel's value further than the roll's page says."""

from collections.abc import Mapping
from datetime import date
from functools import cache

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from hengjian.policy import folder
from hengjian.policy.policy import Policy

CELLS = (
    ("organisation_department", ""), ("superiors", ""), ("peers", ""), ("public", "delegates"),
    ("third_party", ""),
)  # fmt: skip
Marks = Mapping[tuple[str, str], list[int]]


@cache
def policy() -> Policy:
    return folder.load(folder.shipped()["seed"]).in_force(date(2026, 6, 1))


def value(marks: Marks) -> float:
    """The panel's value of a hundred, as the policy says it in words, worked out plainly."""
    from hengjian.scoring.panel import trimmed_means

    total = weights = 0.0
    for group in policy().groups:
        strata = {one.code: one.weight for one in group.strata} or {"": 1.0}
        given = {code: marks.get((group.code, code), []) for code in strata}
        size = sum(map(len, given.values()))
        if size < max(1, group.minimum):
            continue
        mark = share = 0.0
        for code, values in given.items():
            if values:
                points = np.sort((np.array(values, dtype=float) - 1) / 9 * 100)
                at = np.zeros(points.size, dtype=np.int64)
                mean = trimmed_means(points, at, np.array([points.size]), np.array([group.trim / 100]))
                mark += strata[code] * float(mean[0])
                share += strata[code]
        mark /= share
        if group.prior is not None:
            mark = (size * mark + group.strength * group.prior) / (size + group.strength)
        total += group.weight * mark
        weights += group.weight
    return total / weights


@settings(max_examples=200, deadline=None)
@given(st.data())
def test_one_mark_moves_no_more_than_is_said(data: st.DataObject) -> None:
    from hengjian.ratings.panels.influence import influences
    from hengjian.ratings.panels.rules import PanelRules

    marks = {
        cell: data.draw(
            st.lists(st.integers(1, 10), min_size=1 if cell[0] == "superiors" else 0, max_size=35)
        )
        for cell in CELLS
    }
    found = influences(PanelRules(policy()), [cell for cell in CELLS for _mark in marks[cell]], ())
    said = {(one.group, one.stratum): one.points for one in found}
    cell = data.draw(st.sampled_from([cell for cell in CELLS if marks[cell]]))
    at = data.draw(st.integers(0, len(marks[cell]) - 1))
    low, high = ({**marks, cell: [*marks[cell][:at], end, *marks[cell][at + 1 :]]} for end in (1, 10))
    assert abs(value(high) - value(low)) <= said[cell] + 0.006


@settings(max_examples=50, deadline=None)
@given(st.integers(1, 40), st.integers(0, 12))
def test_one_more_of_a_group_makes_each_of_it_weigh_no_more(superiors: int, peers: int) -> None:
    from hengjian.ratings.panels.influence import influences
    from hengjian.ratings.panels.rules import PanelRules

    rules = PanelRules(policy())

    def points(count: int) -> float:
        cells = [("superiors", "")] * count + [("peers", "")] * peers
        return next(one.points for one in influences(rules, cells, ()) if one.group == "superiors")

    assert points(superiors + 1) <= points(superiors)
