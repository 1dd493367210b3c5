"""What a person should look at before the marks count: leads with their evidence, never verdicts.

A lead takes no mark out and punishes nobody. The same snapshot and policy give the same leads.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from hengjian.calibration.aggregates import outliers
from hengjian.calibration.careless import straight_lines
from hengjian.calibration.ordinal import check_bands, ordinal_of
from hengjian.calibration.screening import Lead, leads_at
from hengjian.policy.model import Grade
from hengjian.scoring.calibrated.fitting import Fitted
from hengjian.scoring.calibrated.rule import CalibrationRule
from hengjian.scoring.calibrated.table import GroupRow
from hengjian.terms.errors import Refused
from hengjian.terms.numbers import quantise_one

LeadKind = Literal["outlier", "dominated", "straight_line", "hasty", "reciprocal", "bloc", "band"]


@dataclass(frozen=True)
class LeadRow:
    """Something to look at.

    Clause: SPEC B3, NORMS X7
    ``seats`` whose marks it is about; ``raters`` by number (signed ones only) or, for favours among peers
    who sign, by their own seat; ``rate`` the false-discovery rate at which it would still be raised, None
    where nothing was tested.
    """

    kind: LeadKind
    group: str
    seats: tuple[str, ...]
    raters: tuple[str, ...]
    evidence: Mapping[str, float]
    rate: float | None = None


def leads_of(
    fits: Sequence[Fitted], groups: Sequence[GroupRow], rule: CalibrationRule, grades: Sequence[Grade]
) -> tuple[LeadRow, ...]:
    """Leads from the marks alone: marks far off, one person's sway, one mark throughout, another band.

    Clause: SPEC B3, SPEC B1, NORMS X7
    Policy: calibration.false_discovery_rate, calibration.single_rater_most
    """
    found = [
        LeadRow("dominated", row.group, (row.seat,), (), {"moved": row.influence or 0.0, "most": rule.single})
        for row in groups
        if row.dominated
    ]
    for one in fits:
        found += _outliers(one)
        found += _from_ordinal(one, rule, grades)
    return tuple(sorted(found, key=_order))


def _order(row: LeadRow) -> tuple[object, ...]:
    return (row.kind, row.group, row.seats, row.raters, sorted(row.evidence.items()))


def _outliers(one: Fitted) -> list[LeadRow]:
    """Marks far from the others of the same official and group."""
    marks, group = one.part.inputs.marks, np.array(one.part.inputs.group)
    found = []
    for code in np.unique(group).tolist():
        here = np.flatnonzero(group == code)
        own = marks.where(here)
        for at, far in zip(*outliers(own), strict=True):
            rater = int(own.rater.codes[at])
            evidence = {
                "mark": quantise_one(float(own.value[at] * own.step)),
                "spreads": quantise_one(float(far)),
            }
            seat = own.official.names[int(own.official.codes[at])]
            raters = (own.rater.names[rater],) if rater >= 0 else ()
            found.append(LeadRow("outlier", code, (seat,), raters, evidence))
    return found


def _from_ordinal(one: Fitted, rule: CalibrationRule, grades: Sequence[Grade]) -> list[LeadRow]:
    """What the ordinal fit beside the main one says; nothing where it does not converge."""
    if one.found is None:
        return []
    marks, ratios = one.part.inputs.marks, one.found.components.ratios
    try:
        ordinal = ordinal_of(marks, ratios)
    except Refused:
        return []
    lines = leads_at(straight_lines(marks, ordinal, ratios), rule.rate)
    found = [row_of(lead, "", {}) for lead in lines]
    edges = sorted(grade.least for grade in grades)
    check = check_bands(one.found, ordinal, edges)
    for at in np.flatnonzero(check.band != check.other).tolist():
        evidence = {
            "calibrated": quantise_one(float(one.found.officials.adjusted[at])),
            "ordinal": quantise_one(float(check.mark[at])),
        }
        found.append(LeadRow("band", "", (marks.official.names[at],), (), evidence))
    return found


def row_of(lead: Lead, group: str, seats: Mapping[str, str]) -> LeadRow:
    """A lead of a screen as a row; ``seats`` names the seat of each rater that has one.

    Clause: SPEC B3
    """
    return LeadRow(
        kind=lead.kind,  # type: ignore[arg-type]
        group=group,
        seats=tuple(seats[name] for name in lead.who if name in seats),
        raters=lead.who,
        evidence={name: quantise_one(value) for name, value in sorted(lead.evidence.items())}
        | {"chance": quantise_one(lead.chance)},
        rate=quantise_one(lead.rate),
    )
