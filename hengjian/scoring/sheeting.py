"""From columns to the score sheet: figures of each seat, and every gap named in words."""

import math

import numpy as np

from hengjian.policy.model import PanelGroup
from hengjian.scoring.calibrated.table import SeatRow, calibration_caveat
from hengjian.scoring.computing import Assessment
from hengjian.scoring.engine.cells import CARRIED, IMPUTED, MISSING, NEUTRAL, NOT_APPLICABLE
from hengjian.scoring.facts import Facts, Ints
from hengjian.scoring.panel import ABSENT, NOT_ASKED, TOO_FEW
from hengjian.scoring.record import sheet_root, snapshot_root, write_parts
from hengjian.scoring.sheet import Gap, LineScore, ScoreSheet, SeatScore

RULES = {
    MISSING: ("reweight", "没有数据，权重由其他指标按比例分担"),
    CARRIED: ("carry_forward", "没有数据，沿用上一周期得分"),
    NEUTRAL: ("neutral", "没有数据，按制度取中性分"),
    IMPUTED: ("impute", "没有数据，按制度插补"),
}


def sheet_of(found: Assessment, root: str = "") -> ScoreSheet:
    """Write the sheet of an assessment.

    Clause: SPEC F3
    ``root``: the snapshot's root when it is known already.
    """
    facts = found.facts
    root = root or snapshot_root(write_parts(facts.snapshot))
    seats = seats_of(found)
    return ScoreSheet(
        cycle=facts.snapshot.cycle.id,
        policy=facts.rules.id,
        policy_digest=facts.rules.digest,
        snapshot_root=root,
        seats=seats,
        root=sheet_root(root, facts.rules.digest, seats, facts.calibration),
        calibration=facts.calibration,
    )


def seats_of(found: Assessment) -> tuple[SeatScore, ...]:
    """What came out for every seat.

    Clause: SPEC F3
    """
    return tuple(_Seats(found).all())


def some(value: float) -> float | None:
    """A figure, or None where the column has a gap.

    Clause: SPEC A9
    """
    return None if math.isnan(value) else value


class _Seats:
    """Writes the seats from columns turned into lists once."""

    def __init__(self, found: Assessment) -> None:
        self.found = found
        self.facts = found.facts
        self.gaps = gaps_of(found)
        columns = (found.values.value, found.points, found.effective, found.contribution)
        self.value, self.points, self.effective, self.contribution = (c.tolist() for c in columns)
        self.weights = found.facts.weights.tolist()
        self.parts = found.parts.tolist()
        self.places = {
            key: [(facts_line.indicator, self.facts.column[facts_line.indicator], facts_line.part)
                  for facts_line in card.lines]
            for key, card in self.facts.rules.cards.items()
        }  # fmt: skip
        self.keys = list(self.facts.rules.cards)

    def all(self) -> list[SeatScore]:
        total, adjustment = self.found.total.tolist(), self.found.adjustment.tolist()
        rank, of, grade = (c.tolist() for c in (self.found.rank, self.found.of, self.found.grade))
        factor = self.found.costs.factor.tolist()
        group, card = self.facts.group.tolist(), self.facts.card.tolist()
        grades, calibration = self.facts.rules.grades, calibration_caveats(self.facts)
        return [
            SeatScore(
                seat=seat.id,
                group=self.facts.groups[group[at]],
                total=some(total[at]),
                rank=rank[at] or None,
                of=of[at],
                grade=grades[grade[at]].code if grade[at] >= 0 else None,
                parts=self._parts(at, card[at]),
                lines=self._lines(at, card[at]),
                factors={"cost_benefit": factor[at]} if self.facts.rules.cost else {},
                adjustment=adjustment[at],
                gaps=self.gaps[at],
                caveat=caveat_of(self.facts, of[at], calibration[group[at]]),
            )
            for at, seat in enumerate(self.facts.seats)
        ]

    def _parts(self, at: int, card: int) -> dict[str, float | None]:
        on_card = dict.fromkeys(part for _, _, part in self.places[self.keys[card]])
        row = dict(zip(self.facts.parts, self.parts[at], strict=True))
        return {part: some(row[part]) for part in on_card}

    def _lines(self, at: int, card: int) -> tuple[LineScore, ...]:
        value, points, effective = self.value[at], self.points[at], self.effective[at]
        weights, contribution = self.weights[at], self.contribution[at]
        return tuple(
            LineScore(
                indicator=code,
                part=part,
                weight=weights[k],
                effective_weight=effective[k],
                value=some(value[k]),
                points=some(points[k]),
                contribution=some(contribution[k]),
            )
            for code, k, part in self.places[self.keys[card]]
        )


def caveat_of(facts: Facts, of: int, calibration: str = "") -> str:
    """Why a rank must be read with care: a small comparable group, or marks that cannot be compared.

    Clause: SPEC A3, NORMS X8
    """
    least = facts.rules.comparison.least
    few = "" if of >= least else f"可比组仅 {of} 人，少于 {least} 人，名次只供参考"
    return "；".join(text for text in (few, calibration) if text)


def calibration_caveats(facts: Facts) -> tuple[str, ...]:
    """What calibration could not do, one sentence for each comparable group, empty where it could.

    Clause: SPEC B3, NORMS X8
    Policy: calibration.least_reliability
    """
    table, rule = facts.calibration, facts.rules.calibration
    if table is None or rule is None:
        return ("",) * len(facts.groups)
    parts = {row.part: row for row in table.parts}
    held: list[list[SeatRow]] = [[] for _ in facts.groups]
    for row in table.seats:
        if row.seat in facts.row:
            held[int(facts.group[facts.row[row.seat]])].append(row)
    return tuple(calibration_caveat([(row, parts[row.part]) for row in rows]) for rows in held)


def gaps_of(found: Assessment) -> list[tuple[Gap, ...]]:
    """Every gap of every seat, named, with what the policy did about it.

    Clause: SPEC A9, SPEC B1
    """
    gaps: list[list[Gap]] = [[] for _ in found.facts.seats]
    _indicator_gaps(found, gaps)
    _group_gaps(found, gaps)
    return [tuple(held) for held in gaps]


def _indicator_gaps(found: Assessment, gaps: list[list[Gap]]) -> None:
    facts = found.facts
    reasons = {(r.seat, r.indicator): r.reason for r in facts.snapshot.not_applicable}
    on_card = facts.weights > 0.0
    rows, columns = np.nonzero(on_card & (found.state > 0) & (found.state <= NOT_APPLICABLE))
    for row, at in zip(rows.tolist(), columns.tolist(), strict=True):
        code, state = facts.indicators[at], int(found.state[row, at])
        name = facts.rules.indicators[code].name
        if state == NOT_APPLICABLE:
            reason = reasons[(facts.seats[row].id, code)]
            text = f"{name}：不适用（{reason}），权重由其他指标按比例分担"
            gaps[row].append(Gap("not_applicable", code, "reweight", text))
        else:
            rule, words = RULES[state]
            gaps[row].append(Gap("missing", code, rule, f"{name}：{words}"))


def _group_gaps(found: Assessment, gaps: list[list[Gap]]) -> None:
    panel = found.values.panel
    for g, group in enumerate(panel.groups):
        status = panel.status[:, :, g]
        asked = status != NOT_ASKED
        for state in (ABSENT, TOO_FEW):
            here = asked & (status == state)
            everywhere = here.any(axis=1) & (here == asked).all(axis=1)
            for row in np.flatnonzero(everywhere).tolist():
                gaps[row].append(_group_gap(found, row, "", group.code, state, panel.group_count[row, :, g]))
            for row, at in zip(*np.nonzero(here & ~everywhere[:, None]), strict=True):
                count = panel.group_count[row, at : at + 1, g]
                gaps[row].append(_group_gap(found, int(row), panel.indicators[at], group.code, state, count))


def _group_gap(found: Assessment, row: int, indicator: str, group: str, state: int, count: Ints) -> Gap:
    rules = found.facts.rules
    held = next(g for g in rules.groups if g.code == group)
    on = f"在“{rules.indicators[indicator].name}”上" if indicator else ""
    if held.outside:
        return _outside_gap(held, indicator, on, state)
    if state == ABSENT:
        public = held.code == "public" and not found.facts.seats[row].public_facing
        why = "该岗位不直接面向群众，没有评分" if public else "没有有效评分"
        text = f"{held.name}{on}{why}，其权重由其他评价主体按比例分担"
        return Gap("group_missing", indicator, "reweight", text, group)
    most = int(np.max(count))
    # marks that were withheld for being too few are not counted out either
    many = f"有效评分 {most} 份，少于 {held.minimum} 份" if most else f"有效评分少于 {held.minimum} 份"
    text = f"{held.name}{on}{many}，不计分，其权重由其他评价主体按比例分担"
    return Gap("group_too_small", indicator, "reweight", text, group)


def _outside_gap(group: PanelGroup, indicator: str, on: str, state: int) -> Gap:
    """A group outside the hundred without valid marks neither adds nor takes."""
    if state == ABSENT:
        text = f"{group.name}{on}没有经核实的事件，不加不减"
        return Gap("group_missing", indicator, "outside", text, group.code)
    text = f"{group.name}{on}有效评分少于 {group.minimum} 份，不加不减"
    return Gap("group_too_small", indicator, "outside", text, group.code)
