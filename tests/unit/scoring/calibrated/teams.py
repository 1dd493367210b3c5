"""Synthetic teams on seats of the seed policy: peers who mark only their own, superiors who mark several."""

from dataclasses import replace
from datetime import UTC, date, datetime
from functools import cache

import numpy as np

from hengjian.policy import load, shipped
from hengjian.policy.policy import Policy
from hengjian.scoring.calibrated.fitting import calibrated_of
from hengjian.scoring.calibrated.rule import CalibrationRule, calibration_rule
from hengjian.scoring.calibrated.table import CalibrationTable
from hengjian.scoring.snapshot import CycleFacts, Marks, Rated, Seat, Snapshot, Unit

ON = date(2026, 6, 30)
CYCLE = CycleFacts(
    "t", "测试（合成数据）", "2026-H1", "seed@2026-06-30", ON, datetime(2026, 7, 9, tzinfo=UTC), True
)
INDICATORS = ("", "integrity")


@cache
def policy() -> Policy:
    return load(shipped()["seed"]).in_force(ON)


def rule(**given: object) -> CalibrationRule:
    found = calibration_rule(policy().parameters)
    assert found is not None
    return replace(found, **given)


def seat(unit: int, number: int) -> Seat:
    return Seat(
        f"D{unit}{number}@P{unit}{number}", f"D{unit}{number}", f"P{unit}{number}", "职务", f"u{unit}", "c",
        "ecological", "township", "principal" if number == 0 else "deputy", date(2024, 1, 1),
    )  # fmt: skip


def teams(
    units: int = 4, each: int = 5, seed: int = 1, *, lenient: float = 8.0, linked: bool = True, peers: int = 5
) -> Snapshot:
    """Marks of a ten-point scale. With ``linked`` three superiors mark all, else nobody marks across."""
    draw = np.random.default_rng(seed)
    seats = [seat(u, n) for u in range(units) for n in range(each)]
    merit = dict(zip([s.id for s in seats], draw.normal(62, 12, len(seats)), strict=True))
    leaning = draw.normal(0, lenient, units)
    strict = draw.normal(0, 6, 3)
    rated: list[Rated] = []
    for at, held in enumerate(seats):
        for indicator in INDICATORS:
            given = sorted(
                ten(merit[held.id] + leaning[at // each] + draw.normal(0, 8)) for _ in range(peers)
            )
            rated.append(row(held, indicator, "peers", f"{held.organisation}/peers", 0, given))
            for rater in range(3):
                mark = ten(merit[held.id] + strict[rater] + draw.normal(0, 8))
                cell = "c/superiors" if linked else f"{held.organisation}/superiors"
                number = rater + 1 if linked else 3 * (at // each) + rater + 1
                rated.append(row(held, indicator, "superiors", cell, number, [mark]))
    places = tuple(Unit(f"u{u}", f"u{u}", "township", "c") for u in range(units))
    return with_marks(Snapshot(CYCLE, places, tuple(seats), rated=tuple(rated)))


def ten(points: float) -> float:
    return float(np.clip(np.rint(1 + 9 * points / 100), 1, 10))


def row(held: Seat, indicator: str, group: str, cell: str, rater: int, marks: list[float]) -> Rated:
    return Rated(held.id, indicator, group, "", "ten_point", cell, rater, (), tuple(marks))


def with_marks(snapshot: Snapshot) -> Snapshot:
    """The same snapshot whose counted marks are those of its rated rows."""
    held: dict[tuple[str, ...], list[float]] = {}
    for one in snapshot.rated:
        key = (one.seat, one.indicator, one.group, one.stratum, one.instrument)
        held.setdefault(key, []).extend(one.marks)
    return replace(snapshot, marks=tuple(Marks(*key, tuple(sorted(m))) for key, m in sorted(held.items())))


def changed(snapshot: Snapshot, at: int, *marks: float) -> Snapshot:
    rated = list(snapshot.rated)
    rated[at] = replace(rated[at], marks=tuple(sorted(marks)))
    return with_marks(replace(snapshot, rated=tuple(rated)))


def table(snapshot: Snapshot, how: CalibrationRule | None = None) -> CalibrationTable:
    peers = {s.id: "all" for s in snapshot.seats}
    found = calibrated_of(snapshot, how or rule(), policy().groups, policy().instruments, peers)
    assert found is not None
    return found
