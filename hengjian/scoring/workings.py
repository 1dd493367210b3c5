"""Workings: every figure of the sheet as a tree of steps, down to the digests of the records.

Columnar: the figures of all seats stand in the columns of the assessment; a seat's tree is written
out when somebody asks for it. Every step carries its rule in words, the clause of the policy that
orders it, and the inputs from which :func:`hengjian.scoring.redo.redo` recomputes its result.
"""

from collections.abc import Iterator, Mapping
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from hengjian.scoring.computing import Assessment, work
from hengjian.scoring.engine.scoring import Engine
from hengjian.scoring.normalising import OTHERS
from hengjian.scoring.panelling import PanelSteps
from hengjian.scoring.ranges import Pool, pools_of
from hengjian.scoring.rules import PolicyLike, rules_of
from hengjian.scoring.sheet import ScoreSheet, Working
from hengjian.scoring.snapshot import Snapshot
from hengjian.scoring.sourcing import SourceSteps
from hengjian.scoring.totalling import TotalSteps
from hengjian.terms.errors import Refused, Tampered


class Workings:
    """The workings of all seats of one assessment.

    Clause: SPEC F3
    """

    def __init__(self, found: Assessment) -> None:
        self.assessment = found
        self.seats = tuple(seat.id for seat in found.facts.seats)

    def columns(self) -> Mapping[str, NDArray[Any]]:
        """Every figure of every seat, by name of the step.

        Clause: SPEC F3
        Shapes: the first axis is the seats, in the order of ``seats``.
        """
        found = self.assessment
        panel = found.values.panel
        return {
            "seat.total": found.total,
            "seat.rank": found.rank,
            "seat.adjustment": found.adjustment,
            "seat.part": found.parts,
            "line.points": found.scored,
            "line.effective_weight": found.effective,
            "line.contribution": found.contribution,
            "indicator.points": found.points,
            "indicator.treated": found.treated,
            "indicator.value": found.values.value,
            "indicator.target": found.values.target,
            "panel.value": panel.value,
            "panel.group": panel.group_mark,
            "panel.group_mean": panel.group_mean,
            "panel.count": panel.group_count,
            "panel.stratum": panel.mean,
            "cost.factor": found.costs.factor,
        }

    @cached_property
    def pools(self) -> dict[str, dict[int, Pool]]:
        """What normalisations read of the others: indicator to group to values.

        Clause: SPEC A9
        """
        facts = self.assessment.facts
        everybody = np.zeros(len(facts.seats), dtype=np.int64)
        found = {}
        for at, code in enumerate(facts.indicators):
            rule = facts.rules.indicators[code].normalisation
            group = facts.group if rule.within_group else everybody
            others = rule.method in OTHERS
            found[code] = pools_of(self.assessment.treated[:, at], group) if others else {}
        return found

    @cached_property
    def _steps(self) -> TotalSteps:
        panel = PanelSteps(self.assessment)
        return TotalSteps(self.assessment, SourceSteps(self.assessment, self.pools, panel))

    def tree(self, seat: str) -> Working:
        """How the total of a seat came out, down to the records.

        Clause: SPEC F3
        Raises: Refused when the snapshot has no such seat.
        """
        return self._steps.total(self._row(seat))

    def standing(self, seat: str) -> Working:
        """How the rank of a seat came out inside its comparable group.

        Clause: SPEC A3
        Raises: Refused when the snapshot has no such seat.
        """
        return self._steps.rank(self._row(seat))

    def trees(self) -> Iterator[Working]:
        """The trees of all seats in the order of ``seats``.

        Clause: SPEC F3
        """
        return (self._steps.total(row) for row in range(len(self.seats)))

    def _row(self, seat: str) -> int:
        row = self.assessment.facts.row.get(seat, -1)
        if row < 0:
            raise Refused(f"快照中没有任职 {seat}", do="请核对任职编号", code="workings.seat")
        return row


def workings(
    snapshot: Snapshot,
    policy: PolicyLike,
    sheet: ScoreSheet | None = None,
    *,
    engine: Engine = "reference",
) -> Workings:
    """The workings of a snapshot under a policy; with a sheet, exactly of that sheet.

    Clause: SPEC F3
    Raises: Tampered when the sheet's totals are not the ones that the workings give.
    """
    found = work(snapshot, rules_of(policy, snapshot.seats), engine)
    if sheet is not None:
        _agree(found, sheet)
    return Workings(found)


def _agree(found: Assessment, sheet: ScoreSheet) -> None:
    stated = {seat.seat: seat.total for seat in sheet.seats}
    totals = found.total.tolist()
    computed = {
        seat.id: None if total != total else total  # noqa: PLR0124 (NaN)
        for seat, total in zip(found.facts.seats, totals, strict=True)
    }
    for seat in sorted(stated.keys() | computed.keys()):
        if seat not in stated or seat not in computed or stated[seat] != computed[seat]:
            raise Tampered(
                "得分表与计算过程不符", where=seat, do="请用 hengjian verify 核对", code="workings.sheet"
            )


def flat(step: Working) -> Iterator[Working]:
    """A step and all steps below it.

    Clause: SPEC F3
    """
    yield step
    for child in step.children:
        yield from flat(child)
