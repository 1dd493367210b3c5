"""A small hand-made city and policy for the tests of scoring: every value is written out."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from types import MappingProxyType
from typing import Any

from hengjian.policy.model import (
    Comparison,
    Grade,
    Indicator,
    Instrument,
    Line,
    Modifier,
    Normalisation,
    PanelGroup,
    Parameter,
    Provenance,
    Scorecard,
    Source,
    Step,
    Stratum,
)
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

HERE = Provenance("SPEC A1", "考核办", date(2026, 1, 1), "sample.yaml", 1)


@dataclass(frozen=True)
class SamplePolicy:
    """A policy written in Python, so that a test can change any rule."""

    id: str
    digest: str
    indicators: Mapping[str, Indicator]
    cards: Mapping[tuple[str, str], Scorecard]
    groups: tuple[PanelGroup, ...]
    instruments: Mapping[str, Instrument]
    comparison: Comparison
    grades: tuple[Grade, ...]
    parameters: Mapping[str, Parameter]
    modifiers: tuple[Modifier, ...]

    def scorecard(self, zone: str, category: str, county: str = "") -> Scorecard:
        return replace(self.cards[(zone, category)], zone=zone, category=category, county=county)


def indicator(code: str, part: str, **changed: Any) -> Indicator:
    base = Indicator(
        code=code, name=f"指标{code}", name_en=code, part=part, theme="t", definition="d",
        unit="分", direction=1, source=Source("panel"), frequency="half_year", virtue="绩",
        normalisation=Normalisation("identity"), missing="reweight", neutral=None,
        steps=MappingProxyType({}), version="2026-01-01", provenance=HERE,
    )  # fmt: skip
    return replace(base, **changed)


def group(code: str, weight: float, side: str = "official", **changed: Any) -> PanelGroup:
    base = PanelGroup(
        code=code, name=f"组{code}", name_en=code, side=side, weight=weight / 105 * 100,  # type: ignore[arg-type]
        as_written=weight, minimum=1, strata=(), trim=0.0, prior=None, strength=0.0,
        instrument="ten", indicators=(), provenance=HERE,
    )  # fmt: skip
    return replace(base, **changed)


def card(weights: Mapping[str, Mapping[str, float]]) -> Scorecard:
    lines = tuple(
        Line(code, part, weight, weight) for part, held in weights.items() for code, weight in held.items()
    )
    return Scorecard("", "", "", lines, {part: part for part in weights}, "", HERE)


def parameter(key: str, value: float, unit: str) -> Parameter:
    return Parameter(key, key, key, value, unit, HERE)


LIBRARY = {
    held.code: held
    for held in (
        indicator("integrity", "base"),
        indicator("politics", "base"),
        indicator(
            "gep", "zone", source=Source("metric", metric="gep"),
            normalisation=Normalisation("minmax", {"constant": 50.0}, within_group=True),
        ),
        indicator(
            "tax", "zone", source=Source("metric", metric="tax"),
            normalisation=Normalisation("completion", {"cap": 100.0, "floor": 0.0}),
        ),
        indicator(
            "hotline", "post",
            source=Source("cases", feed="hotline", measures={"on_time": 60.0, "satisfied": 40.0}),
        ),
        indicator(
            "yield", "post", source=Source("metric", metric="output"), missing="neutral", neutral=60.0,
            normalisation=Normalisation("goalposts", {"low": 0.0, "high": 50.0}),
            steps={"denominate": Step("denominate", {"by": "people", "factor": 0.5})},
        ),
        indicator(
            "order", "post", source=Source("metric", metric="order"), missing="carry_forward", direction=-1,
            normalisation=Normalisation("percentile_rank", {"constant": 50.0}),
        ),
    )
}  # fmt: skip

PANEL = (
    group("organisation_department", 20),
    group("superiors", 15),
    group("peers", 15, trim=5.0, minimum=3),
    group(
        "public", 35, side="public", prior=75.0, strength=15.0, instrument="five",
        strata=(Stratum("delegates", "两代表一委员", "d", 5.0), Stratum("masses", "群众", "m", 30.0)),
    ),
    group("third_party", 15, side="public", indicators=("integrity",)),
    group("media", 5, side="public"),
)  # fmt: skip

INSTRUMENTS = {
    "ten": Instrument("ten", "十分制", "ten", 1.0, 10.0, HERE),
    "five": Instrument("five", "五分制", "five", 1.0, 5.0, HERE),
    "hundred": Instrument("hundred", "百分制", "hundred", 0.0, 100.0, HERE),
}

GRADES = (
    Grade("excellent", "优秀", "excellent", 75.0, 0.34, HERE),
    Grade("competent", "称职", "competent", 60.0, None, HERE),
    Grade("basic", "基本称职", "basic", 40.0, None, HERE),
    Grade("incompetent", "不称职", "incompetent", 0.0, None, HERE),
)

NEW = SamplePolicy(
    id="sample-new",
    digest="n" * 64,
    indicators=LIBRARY,
    cards={
        ("eco", "principal"): card({
            "base": {"integrity": 15.0, "politics": 15.0},
            "zone": {"gep": 25.0, "tax": 15.0},
            "post": {"hotline": 10.0, "yield": 10.0, "order": 10.0},
        }),
        ("ind", "principal"): card({
            "base": {"integrity": 15.0, "politics": 15.0},
            "zone": {"gep": 8.0, "tax": 32.0},
            "post": {"hotline": 10.0, "yield": 10.0, "order": 10.0},
        }),
    },
    groups=PANEL,
    instruments=INSTRUMENTS,
    comparison=Comparison(("zone", "level", "category"), 9, 0.01, HERE),
    grades=GRADES,
    parameters={
        "cost_benefit.debt_penalty": parameter("cost_benefit.debt_penalty", 2.0, "%"),
        "cost_benefit.debt_cap": parameter("cost_benefit.debt_cap", 100.0, "%"),
    },
    modifiers=(Modifier("cost_benefit", "成本—收益", "cost", "zone", "debt_excess", HERE),),
)  # fmt: skip

OLD = replace(
    NEW,
    id="sample-old",
    digest="o" * 64,
    cards={
        (zone, "principal"): card({"base": {"integrity": 30.0}, "zone": {"tax": 62.0, "gep": 8.0}})
        for zone in ("eco", "ind")
    },
    indicators={
        **LIBRARY,
        "tax": replace(LIBRARY["tax"], normalisation=Normalisation("minmax", {"constant": 50.0})),
    },
    groups=(group("superiors", 45), group("peers", 30), group("public", 9, side="public"),
            group("organisation_department", 16)),
    comparison=Comparison(("level",), 9, 0.01, HERE),
    parameters={},
    modifiers=(),
)  # fmt: skip

TOWNS = ("east", "west", "north", "south", "hill", "lake")


def seat(town: str, at: int) -> Seat:
    return Seat(
        id=f"seat-{town}", official=f"o-{town}", post=f"p-{town}", title="书记", organisation=town,
        county="county-a", zone="eco" if at < 3 else "ind", level="township", category="principal",
        since=date(2024, 1, 1), opening_debt_ratio=110.0 if town == "west" else None,
    )  # fmt: skip


def marks_of(town: str, at: int) -> list[Marks]:
    sid = f"seat-{town}"
    held = [
        Marks(sid, "", "organisation_department", "", "hundred", (80.0 + at,)),
        Marks(sid, "", "superiors", "", "ten", tuple(sorted((9.0 - at % 3, 8.0)))),
        Marks(sid, "", "peers", "", "ten", tuple(sorted((7.0, 8.0, 9.0, 10.0, 5.0 + at % 2)))),
        Marks(sid, "", "public", "masses", "five", tuple(sorted([5.0] * (5 + at) + [4.0] * 3 + [2.0]))),
        Marks(sid, "", "public", "delegates", "ten", (6.0, 9.0)),
        Marks(sid, "integrity", "third_party", "", "hundred", (70.0 + 2 * at,)),
    ]
    if at % 2:
        held.append(Marks(sid, "integrity", "superiors", "", "ten", (10.0,)))
    return held


CYCLE = CycleFacts(
    "2026-H1-sample", "2026年上半年样例", "2026-H1", "sample-new", date(2026, 6, 30),
    datetime(2026, 7, 5, 16, 0, tzinfo=UTC), synthetic=True,
)  # fmt: skip


def _metrics(town: str, at: int) -> list[Metric]:
    held = [
        Metric(f"g-{town}", town, "gep", "2026", 100.0 + 13.0 * at, "亿元"),
        Metric(f"t-{town}", town, "tax", "2026-H1", 9.0 + at, "万元", 12.0),
        Metric(f"tq-{town}", town, "tax", "2026", 900.0 + at, "万元", 12.0),
        Metric(f"p-{town}", town, "people", "2026", 10.0 + at, "万人"),
        Metric(f"r-{town}", town, "order", "2026-H1", 3.0 * (at % 4), "件"),
    ]
    if at != 4:
        held.append(Metric(f"o-{town}", town, "output", "2026-H1", 120.0 + 30 * at, "亿元"))
    return held


def _cases(town: str, at: int) -> list[Case]:
    return [
        Case(f"c-{town}-{n}", "hotline", town, on_time=n % (at + 2) != 0, closed=n % 5 != 0,
             reopened=None if n % 3 else n % 2 == 0, satisfied=None if n % 4 == 0 else n % 3 != 0)
        for n in range(10 + at)
    ]  # fmt: skip


def snapshot() -> Snapshot:
    towns = list(enumerate(TOWNS))
    return Snapshot(
        cycle=CYCLE,
        units=tuple(Unit(town, f"{town}镇", "township", "county-a") for town in TOWNS),
        seats=tuple(seat(town, at) for at, town in towns),
        metrics=tuple(m for at, town in towns for m in _metrics(town, at)),
        cases=tuple(c for at, town in towns for c in _cases(town, at)),
        projects=(
            Project("pr-1", "X1", "west", 5e7, 1e7, 112.5),
            Project("pr-2", "X2", "west", 3e7, 3e7, 130.0, debt_cap=120.0),
            Project("pr-3", "X3", "hill", 3e7, 2e7, 160.0),
        ),
        marks=tuple(m for at, town in towns for m in marks_of(town, at)),
        not_applicable=(NotApplicable("seat-lake", "hotline", "新设单位"),),
        adjustments=(
            Adjustment("a-1", "seat-north", 1.5, "抢险有功", "SPEC F7", "考核委员会-3", date(2026, 7, 1)),
            Adjustment("a-2", "seat-north", -0.25, "通报", "SPEC F7", "考核委员会-3", date(2026, 7, 2)),
        ),
        previous=(Previous("seat-east", "order", 66.5, "2025-H2"),),
    )


def without_metric(held: Snapshot, metric: str, organisation: str) -> Snapshot:
    kept = tuple(m for m in held.metrics if (m.metric, m.organisation) != (metric, organisation))
    return replace(held, metrics=kept)
