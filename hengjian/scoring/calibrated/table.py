"""What calibration found, as it is frozen with a sheet: plain figures, quantised to 6 decimals.

A table is refitted by ``hengjian verify`` and held against the stated one figure by figure.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from hengjian.terms.numbers import shown

# how the marks of a part could be calibrated
Link = Literal["across", "within", "none"]
# what may be said of one seat's calibrated mark
Standing = Literal["ranked", "unreliable", "apart", "none"]
# more than the sixth decimal's rounding: the scale's end held the mark back
CLIPPED = 1e-5


@dataclass(frozen=True)
class PartRow:
    """Units whose marks hang together: what was estimated for them.

    Clause: SPEC B3, NORMS X8
    ``link``: ``across`` the units are linked by enough marks; ``within`` there is one unit only, so raters
    are compared inside it and it stands in no common rank; ``none`` nothing could be estimated, ``reason``
    says why. ``share``: bridging marks among those of the part, ``least_of_unit`` the smallest share of any
    unit; ``whole`` and ``whole_least_of_unit``: the same over all marks before they were split into parts.
    ``variance`` in points squared, ``error_of`` their standard errors; ``k`` is the error variance over
    that of officials, None where that is nought.
    """

    part: int
    units: tuple[str, ...]
    seats: int
    marks: int
    link: Link
    share: float
    least_of_unit: float
    whole: float
    whole_least_of_unit: float
    aim: float
    least: float
    overall: float | None
    k: float | None
    variance: Mapping[str, float]
    error_of: Mapping[str, float | None]
    reason: str


@dataclass(frozen=True)
class SeatRow:
    """One official over all fitted marks: the receipt that can be checked by hand.

    Clause: SPEC B3, SPEC D2, NORMS L19
    ``adjusted`` = weight x (raw - leniency - service - conditions) + (1 - weight) x overall of the part.
    ``published``: the same within the bound. ``rank`` among the ``of`` seats of the comparable group in the
    same part whose reliability suffices.
    """

    seat: str
    part: int
    standing: Standing
    n: int
    raw: float
    leniency: float | None
    service: float | None
    conditions: float | None
    adjusted: float | None
    published: float | None
    effect: float | None
    error: float | None
    weight: float | None
    reliability: float | None
    rank: int | None
    of: int


@dataclass(frozen=True)
class GroupRow:
    """One official in the eyes of one calibrated group: four marks side by side, on 0-100.

    Clause: SPEC B3, NORMS X7
    ``leniency``: how much higher than others this official's raters of the group mark, recorded ties
    included; ``shift``: what is taken off, which is the same within the bound; ``calibrated`` = trimmed -
    shift, within 0 to 100. ``influence``: most by which leaving out one rater moves the trimmed mean;
    ``dominated``: that is more than the policy allows.
    """

    seat: str
    group: str
    n: int
    mean: float
    median: float
    trimmed: float
    calibrated: float
    leniency: float
    shift: float
    bounded: bool
    influence: float | None
    dominated: bool


@dataclass(frozen=True)
class SeverityRow:
    """How lenient one source of marks is; a signed rater by number, a cell of raters by name.

    Clause: SPEC B3
    ``kind`` is ``rater``, ``cell``, ``service`` or ``tie``. ``error`` only for ties.
    """

    part: int
    kind: Literal["rater", "cell", "service", "tie"]
    name: str
    n: int
    leniency: float
    error: float | None = None


@dataclass(frozen=True)
class CalibrationTable:
    """Everything that calibration found for one snapshot under one policy.

    Clause: SPEC B3, NORMS X8
    """

    parts: tuple[PartRow, ...]
    seats: tuple[SeatRow, ...]
    groups: tuple[GroupRow, ...]
    severities: tuple[SeverityRow, ...]

    @property
    def comparable(self) -> bool:
        """Whether all units stand in one common rank."""
        return len(self.parts) == 1 and self.parts[0].link == "across"

    def seat(self, seat: str) -> SeatRow | None:
        """One official's row.

        Clause: NORMS L19
        """
        return next((row for row in self.seats if row.seat == seat), None)

    def marks_of(self, seat: str) -> tuple[GroupRow, ...]:
        """The four marks of one official, group by group.

        Clause: SPEC B3
        """
        return tuple(row for row in self.groups if row.seat == seat)

    def part_of(self, seat: str) -> PartRow | None:
        """The part in which an official stands.

        Clause: NORMS X8
        """
        row = self.seat(seat)
        return None if row is None else next(p for p in self.parts if p.part == row.part)


def sentence(row: GroupRow, part: PartRow) -> str:
    """What calibration did to one group's mark of one official, in one plain sentence.

    Clause: NORMS L19
    """
    if part.link == "none":
        return f"未校准（{part.reason}），按截尾平均 {shown(row.trimmed)} 计分。"
    if row.shift == 0.0:
        why = "与其他评分人相比没有发现偏宽或偏严"
        if part.link == "within":  # nothing was found because nothing could be
            why = "与其他单位的共同评分人不足，无从判断偏宽还是偏严，未作校准"
        return f"{why}，按截尾平均 {shown(row.trimmed)} 计分。"
    side, verb = ("偏宽", "减去") if row.shift > 0 else ("偏严", "加上")
    text = (
        f"打分的人比其他评分人平均{side} {shown(abs(row.leniency))} 分，"
        f"从截尾平均 {shown(row.trimmed)} 中{verb} {shown(abs(row.shift))} 分，得 {shown(row.calibrated)}"
    )
    if abs(row.trimmed - row.shift - row.calibrated) > CLIPPED:
        return text + "（得分限于 0 至 100 分）。"
    return text + ("（已到制度规定的幅度上限）。" if row.bounded else "。")


def receipt(row: SeatRow, part: PartRow) -> str:
    """The arithmetic of one official over all fitted marks, to be checked by hand.

    Clause: NORMS L19
    """
    if row.weight is None or part.overall is None:
        return ""
    return (
        f"{shown(row.weight)} ×（原始均分 {shown(row.raw)} − 评分人平均偏宽 {shown(row.leniency)}"
        f" − 事项影响 {shown(row.service)} − 渠道与关系影响 {shown(row.conditions)}）"
        f"+ {shown(1.0 - row.weight)} × 总平均 {shown(part.overall)} = {shown(row.adjusted)}"
    )


def calibration_caveat(rows: Sequence[tuple[SeatRow, PartRow]]) -> str:
    """What calibration could not do for one comparable group, in words; empty where it could.

    Clause: NORMS X8, NORMS L20
    """
    found = []
    parts = {part.part: part for _, part in rows}
    if len(parts) > 1 or any(part.link != "across" for part in parts.values()):
        one = next(iter(parts.values()))
        found.append(
            f"各单位之间的共同评分占 {one.whole:.1%}，最少的单位 {one.whole_least_of_unit:.1%}"
            f"（至少须 {one.least:.1%}），分 {len(parts)} 部分分别校准，互评校准分不作统一排名"
        )
    unsure = sum(row.standing == "unreliable" for row, _ in rows)
    if unsure:
        found.append(f"{unsure} 人的互评校准分可靠性不足，暂不排名")
    return "；".join(found)
