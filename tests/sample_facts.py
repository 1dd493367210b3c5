"""Facts for the shipped policies: towns with panel marks, metrics, cases and projects, by a seed.

All of it is synthetic.
"""

from datetime import UTC, date, datetime

import numpy as np

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

ZONES = ("industrial_transition", "main_farming", "ecological")
CATEGORIES = ("principal", "deputy", "middle")
METRICS = (
    "tax_per_mu",
    "farm_processing",
    "gep",
    "investment_attraction",
    "land_acquisition",
    "fiscal_revenue",
)
GROUPS = (
    ("organisation_department", "", 2), ("superiors", "", 3), ("peers", "", 6), ("public", "delegates", 8),
    ("public", "masses", 40), ("third_party", "", 2),
)  # fmt: skip


def facts(seats: int = 36, seed: int = 7, cases: int = 20) -> Snapshot:
    """A synthetic snapshot with about six seats to a town."""
    draw = np.random.default_rng(seed)
    towns = [f"town-{n:03d}" for n in range(max(1, seats // 6))]
    held = [_seat(n, towns[n % len(towns)], n % len(towns)) for n in range(seats)]
    return Snapshot(
        cycle=CycleFacts(
            f"2026-H1-{seats}", "2026年上半年（合成数据）", "2026-H1", "seed", date(2026, 6, 30),
            datetime(2026, 7, 5, 16, tzinfo=UTC), synthetic=True,
        ),
        units=tuple(Unit(town, f"{town}镇", "township", "county") for town in towns),
        seats=tuple(held),
        metrics=tuple(_metrics(draw, towns)),
        cases=tuple(_cases(draw, towns, cases)),
        projects=tuple(
            Project(f"pr-{t}-{n}", f"P{t}-{n}", t, 3e7, 1e7 * (n + 1), float(draw.integers(90, 150)))
            for t in towns[::2] for n in range(2)
        ),
        marks=tuple(m for seat in held for m in _marks(draw, seat.id)),
        not_applicable=(NotApplicable(held[0].id, "farm_processing", "没有此项职能"),),
        adjustments=(
            Adjustment("adj-1", held[1].id, 1.0, "抢险", "SPEC F7", "committee-1", date(2026, 7, 1)),
        ),
        previous=tuple(Previous(seat.id, "gep", 61.5, "2025-H2") for seat in held[:5]),
    )  # fmt: skip


def _seat(n: int, town: str, at: int) -> Seat:
    return Seat(
        id=f"seat-{n:05d}", official=f"o-{n:05d}", post=f"p-{n:05d}", title="职务", organisation=town,
        county=f"county-{at % 3}", zone=ZONES[at % 3], level="township", category=CATEGORIES[n // 7 % 3],
        since=date(2023, 5, 1), public_facing=n % 11 != 0,
        opening_debt_ratio=130.0 if n % 4 == 0 else None,
    )  # fmt: skip


def _metrics(draw: np.random.Generator, towns: list[str]) -> list[Metric]:
    return [
        Metric(
            f"m-{town}-{metric}",
            town,
            metric,
            "2026-H1",
            round(float(draw.uniform(40, 130)), 3),
            "单位",
            100.0,
        )
        for town in towns
        for metric in METRICS
        if draw.random() > 0.04
    ]


def _cases(draw: np.random.Generator, towns: list[str], each: int) -> list[Case]:
    return [
        Case(f"c-{town}-{n}", "hotline", town, bool(draw.random() < 0.8), bool(draw.random() < 0.9),
             bool(draw.random() < 0.1), None if draw.random() < 0.5 else bool(draw.random() < 0.7))
        for town in towns for n in range(each)
    ]  # fmt: skip


def _marks(draw: np.random.Generator, seat: str) -> list[Marks]:
    found = []
    merit = draw.normal(7.5, 0.8)
    for group, stratum, many in GROUPS:
        count = int(draw.integers(0, many + 1)) if group in {"peers", "third_party"} else many
        marks = np.clip(np.rint(draw.normal(merit, 1.2, count)), 1, 10)
        if count:
            found.append(Marks(seat, "", group, stratum, "ten_point", tuple(sorted(marks.tolist()))))
    found.append(Marks(seat, "integrity", "superiors", "", "ten_point", (8.0, 9.0)))
    return found
