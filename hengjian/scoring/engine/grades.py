"""Proposed grades from thresholds and quotas inside comparable groups. Proposals, never decisions."""

from dataclasses import dataclass
from fractions import Fraction
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from hengjian.scoring.engine.plan import refuse
from hengjian.scoring.engine.ranks import NO_VALUE, keys_of

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]


@dataclass(frozen=True)
class GradeRule:
    """A grade: its least points, and the largest share of a comparable group that it may take.

    Clause: SPEC I
    """

    code: str
    least: float
    quota: float | None = None


@dataclass(frozen=True)
class GradeResult:
    """The proposed grades and what the quota did.

    Clause: SPEC I
    Shapes: grade (n,) row of the rules, -1 without a value; held_back (n,): reached the points of
    a better grade, whose quota was full; tied_out (n,): of these, stood in a tie at the border, of
    which nobody gets in because not everybody could.
    """

    grade: Ints
    held_back: Bools
    tied_out: Bools


def quota_places(quota: float, size: int) -> int:
    """How many places a quota gives in a group: never more than the share.

    Clause: SPEC I
    """
    return int(Fraction(repr(float(quota))) * size)


def grades(
    rules: tuple[GradeRule, ...],
    values: Floats,
    group: Ints,
    *,
    step: float = 0.000001,
    ties: Literal["out", "refuse"] = "out",
) -> GradeResult:
    """Propose a grade for every unit.

    Clause: SPEC I
    Shapes: values, group (n,); rules from best to worst, the last without a quota.
    ``ties``: who ties at a quota's border stays out, or the whole is refused for a person to settle.
    Raises: Refused for rules out of order, and for a tie under ``refuse``.
    """
    _check(rules)
    keys = keys_of(values, step)
    least = [int(keys_of(np.array([rule.least]), step)[0]) for rule in rules]
    grade = np.full(values.size, -1, dtype=np.int64)
    held, tied = np.zeros(values.size, dtype=np.bool_), np.zeros(values.size, dtype=np.bool_)
    for at in np.unique(group).tolist():
        rows = np.flatnonzero((group == at) & (keys != NO_VALUE))
        rows = rows[np.argsort(-keys[rows], kind="stable")]
        _in_group(rules, least, keys[rows], rows, (grade, held, tied))
    if ties == "refuse" and bool(tied.any()):
        raise refuse(f"有 {int(tied.sum())} 个单位在名额边界上并列", "请由有权的人决定", "tie")
    return GradeResult(grade, held, tied)


def _in_group(
    rules: tuple[GradeRule, ...],
    least: list[int],
    keys: Ints,
    rows: Ints,
    found: tuple[Ints, Bools, Bools],
) -> None:
    grade, held, tied = found
    start = 0
    for number, rule in enumerate(rules):
        last = number == len(rules) - 1
        reach = rows.size if last else max(start, int(np.sum(keys >= least[number])))
        end = reach
        if rule.quota is not None and reach > start + quota_places(rule.quota, rows.size):
            end = start + quota_places(rule.quota, rows.size)
            border = keys[end]  # the first who finds no place
            while end > start and keys[end - 1] == border:
                end -= 1
            shares = start + quota_places(rule.quota, rows.size) > end
            held[rows[end:reach]] = True
            tied[rows[end:reach]] |= (keys[end:reach] == border) & shares
        grade[rows[start:end]] = number
        start = end


def _check(rules: tuple[GradeRule, ...]) -> None:
    least = [rule.least for rule in rules]
    if len(rules) < 2 or least != sorted(least, reverse=True) or rules[-1].quota is not None:
        raise refuse("等次没有从高到低排列，或最低等次有名额限制", "从优秀到不称职依次写", "grades")
    if any(rule.quota is not None and not 0.0 <= rule.quota <= 1.0 for rule in rules):
        raise refuse("等次名额比例不在 0 到 1 之间", "不超过 20% 写 0.2", "quota")
