"""The format of a case: given facts, expected figures, one file each under ``policies/*/cases``.

::

    title: 债务率超限            what the case shows, in Chinese; title_en in English
    title_en: Debt above the cap
    clause: SPEC A5
    on: 2026-06-30              the day whose rules apply; the cycle is 2026-H1 unless ``period`` says else
    panel: media_outside        the preset of the panel, when it is not the one in force
    given:                      facts as in a snapshot; what is left out has the value that says nothing
      seats: [{id: s1, zone: ecological, category: principal}]
      metrics: [{metric: gep, value: 90, target: 100}]
      marks: [{group: peers, marks: [9, 9, "8 x 3"]}]
      cases: [{feed: hotline, times: 8, on_time: true}]
      projects: [{fiscal_money: 100, debt_ratio: 130}]
      not_applicable: [{indicator: gep, reason: 无}]
      previous: [{indicator: gep, points: 70}]
      adjustments: [{points: -1, reason: …}]
    expect:                     by seat; figures to 6 decimals, only what the case is about
      s1: {total: 88.5, rank: 1, grade: excellent, parts: {zone: 72}, points: {gep: 90},
           values: {execution: 80}, weights: {gep: 25}, factors: {cost_benefit: 0.8}, gaps: [missing gep]}

A fact without ``seat`` or ``organisation`` belongs to the first seat. The whole is refused when it
has a key that nobody reads.
"""

import math
from collections.abc import Iterator
from dataclasses import dataclass, fields
from datetime import UTC, date, datetime
from typing import Any

from hengjian.policy import Policy, PolicyFolder
from hengjian.scoring.sheet import ScoreSheet, SeatScore
from hengjian.scoring.snapshot import (
    Adjustment,
    Case,
    CycleFacts,
    Marks,
    Metric,
    NotApplicable,
    Previous,
    Project,
    Seat,
    Snapshot,
    Unit,
)
from hengjian.terms.errors import Refused

PERIOD = "2026-H1"
KEYS = {"title", "title_en", "clause", "on", "period", "panel", "given", "expect"}
PARTS = {"metrics", "cases", "projects", "marks", "not_applicable", "adjustments", "previous"}
FIGURES = ("total", "rank", "of", "grade", "adjustment", "group")
MAPS = ("parts", "points", "values", "weights", "factors")
SEAT = {
    "official": "o", "post": "p", "title": "岗位", "organisation": "o1", "county": "c1", "zone": "",
    "level": "township", "category": "principal", "since": date(2024, 1, 1),
}  # fmt: skip


@dataclass(frozen=True)
class Spec:
    """One case, read."""

    title: str
    title_en: str
    clause: str
    on: date
    policy: Policy
    snapshot: Snapshot
    expect: dict[str, dict[str, Any]]


def read_case(folder: PolicyFolder, file: str) -> Spec:
    """Read a case of a policy folder."""
    raw = folder.cases[file].value
    unknown = set(raw) - KEYS | set(raw["given"]) - PARTS - {"seats"}
    unknown |= {key for found in raw["expect"].values() for key in found} - {*FIGURES, *MAPS, "gaps"}
    if unknown or not raw["expect"]:
        raise Refused(f"案例中有不认识的键：{unknown or 'expect 为空'}", where=file, code="case.key")
    on = date.fromisoformat(raw["on"])
    policy = folder.in_force(on)
    if "panel" in raw:
        policy = policy.with_panel(raw["panel"])
    snapshot = _Facts(policy, raw, on).snapshot()
    return Spec(raw["title"], raw["title_en"], raw["clause"], on, policy, snapshot, raw["expect"])


class _Facts:
    """Fills in what a case leaves unsaid."""

    def __init__(self, rules: Policy, raw: dict[str, Any], on: date) -> None:
        self.rules, self.raw, self.on = rules, raw, on
        self.given = raw["given"]
        self.period = raw.get("period", PERIOD)
        self.seats = tuple(Seat(**{**SEAT, "id": f"s{n}", **row}) for n, row in self._rows("seats"))

    def _rows(self, part: str) -> Iterator[tuple[int, dict[str, Any]]]:
        for n, row in enumerate(self.given.get(part, []), start=1):
            times = row.get("times", 1)
            bare = {key: value for key, value in row.items() if key != "times"}
            for again in range(times):
                yield n * 100_000 + again if part != "seats" else n, bare

    def snapshot(self) -> Snapshot:
        """The whole snapshot."""
        cycle = CycleFacts("case", self.raw["title"], self.period, self.rules.id, self.on,
                           datetime(2026, 7, 1, tzinfo=UTC), synthetic=True)  # fmt: skip
        codes = sorted({seat.organisation for seat in self.seats})
        return Snapshot(
            cycle,
            tuple(Unit(code, code, "township", "") for code in codes),
            self.seats,
            metrics=tuple(self._made("metrics", Metric, period=self.period, unit="")),
            cases=tuple(self._made("cases", Case, on_time=None, closed=True)),
            projects=tuple(self._made("projects", Project, code="项目", total_investment=0.0)),
            marks=tuple(self._marks()),
            not_applicable=tuple(self._made("not_applicable", NotApplicable)),
            adjustments=tuple(self._made("adjustments", Adjustment, clause="F7", author="r1", on=self.on)),
            previous=tuple(self._made("previous", Previous, cycle="earlier")),
        )

    def _made(self, part: str, kind: Any, **defaults: Any) -> Iterator[Any]:
        names = {field.name for field in fields(kind)}
        first = self.seats[0]
        common = {"organisation": first.organisation, "seat": first.id}
        for n, row in self._rows(part):
            whole = {**common, "record": f"{part}-{n:08d}", **defaults}
            yield kind(**{k: v for k, v in whole.items() if k in names} | row)

    def _marks(self) -> Iterator[Marks]:
        for _, row in self._rows("marks"):
            group = self.rules.members[row["group"]]
            whole = {"seat": self.seats[0].id, "indicator": "", "stratum": "",
                     "instrument": group.instrument, **row}  # fmt: skip
            yield Marks(**{**whole, "marks": tuple(sorted(_each(row["marks"])))})


def _each(marks: list[Any]) -> Iterator[float]:
    for mark in marks:
        value, _, times = str(mark).partition(" x ")
        yield from [float(value)] * int(times or 1)


def differences(spec: Spec, sheet: ScoreSheet) -> list[str]:
    """What a sheet says otherwise than the case expects."""
    seats = {seat.seat: seat for seat in sheet.seats}
    found: list[str] = []
    for code, expected in spec.expect.items():
        for key, value in expected.items():
            found += _differs(f"{code}.{key}", value, _figure(seats[code], key))
    return found


def _figure(seat: SeatScore, key: str) -> Any:
    lines = {line.indicator: line for line in seat.lines}
    if key == "gaps":
        return sorted(f"{gap.kind} {gap.indicator} {gap.group}".strip() for gap in seat.gaps)
    if key == "points":
        return {code: line.points for code, line in lines.items()}
    if key == "values":
        return {code: line.value for code, line in lines.items()}
    if key == "weights":
        return {code: line.effective_weight for code, line in lines.items()}
    return getattr(seat, key)


def _differs(where: str, wanted: Any, found: Any) -> list[str]:
    if isinstance(wanted, dict):
        return [text for key, value in wanted.items()
                for text in _differs(f"{where}.{key}", value, found.get(key))]  # fmt: skip
    if isinstance(wanted, list):
        return [] if sorted(wanted) == found else [f"{where}: {wanted} ≠ {found}"]
    near = (
        isinstance(wanted, int | float)
        and isinstance(found, int | float)
        and math.isclose(wanted, found, abs_tol=2e-6, rel_tol=0)
    )
    return [] if near or wanted == found else [f"{where}: {wanted} ≠ {found}"]
