"""Metrics, projects and hotline cases of the synthetic city for one half-year.

Figures follow from what a township has (endowment), how it is led (drive, service) and chance.
The two figures of the case that SPEC G tells, and only they, are set: town Y's ecological assets
turned into 230 million a year, and its public mark (see :mod:`hengjian.demo.opinions`).
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from random import Random

from hengjian.demo.places import TOWN_Y, TOWNS, Town
from hengjian.terms.calendar import SHANGHAI
from hengjian.terms.period import Period

SEED = "hengjian-demo-figures"
PERIODS = (Period("2025-H2"), Period("2026-H1"))
GEP_OF_Y = {"2025-H2": (1.58, 1.90), "2026-H1": (2.30, 2.10)}  # SPEC G: 2.3 亿元
NOT_REPORTED = {("990101006", "farm_processing", "2026-H1"), ("990103006", "tax_per_mu", "2025-H2")}
WORKING_DAYS = {"咨询": 5, "求助": 10, "投诉": 15}


@dataclass(frozen=True)
class MetricRow:
    """One measured value with its target."""

    town: Town
    metric: str
    value: float
    target: float | None
    source: str


@dataclass(frozen=True)
class CaseRow:
    """One hotline case as the hotline would export it."""

    number: str
    organisation: str
    kind: str
    state: str
    opened: str
    closed: str
    again: str
    satisfied: str


@dataclass(frozen=True)
class ProjectRow:
    """One government investment project; money in yuan."""

    code: str
    town: Town
    name: str
    kind: str
    total: int
    fiscal: int
    debt_ratio: float
    flows: str
    realised: int


def moved_on(period: Period) -> int:
    """0 in the first half-year, 1 in the second."""
    return PERIODS.index(period)


def drawer(*what: object) -> Random:
    """A generator of its own for each thing, so that adding one thing changes no other."""
    return Random("/".join([SEED, *map(str, what)]))  # noqa: S311


def _levels(town: Town) -> dict[str, tuple[float, float, str]]:
    """For each metric: what the endowment gives, how much chance there is, who reports it."""
    return {
        "investment_attraction": (0.3 + 11.0 * town.industry**1.4, 0.10, "市商务局"),
        "land_acquisition": (20.0 + 620.0 * town.industry, 0.12, "市自然资源和规划局"),
        "fiscal_revenue": (0.12 + 2.9 * town.industry**1.2, 0.06, "市财政局"),
        "tax_per_mu": (4.0 + 22.0 * town.industry, 0.05, "市税务局"),
        "farm_processing": (0.2 + 5.5 * town.farming, 0.06, "市农业农村局"),
        "gep": (0.15 + 1.9 * town.ecology**1.6, 0.05, "市生态环境局"),
    }


def metrics(period: Period) -> Iterator[MetricRow]:
    """All measured values of all townships, but for those nobody reported."""
    for town in TOWNS:
        for metric, (level, chance, source) in _levels(town).items():
            if (town.code, metric, period.text) in NOT_REPORTED:
                continue
            value, target = _value(town, metric, level, chance, period)
            yield MetricRow(town, metric, round(value, 2), round(target, 2), source)


def _value(town: Town, metric: str, level: float, chance: float, period: Period) -> tuple[float, float]:
    if town.code == TOWN_Y and metric == "gep":
        return GEP_OF_Y[period.text]
    draw = drawer("metric", town.code, metric, period)
    grown = level * (1.0 + 0.03 * moved_on(period)) * max(0.5, draw.gauss(1.0, chance))
    # a target is set from what the place can do; drive and luck decide how far it is met
    met = min(1.12, max(0.62, draw.gauss(0.80 + 0.22 * town.drive, 0.06)))
    return grown, grown / met


def projects(period: Period) -> Iterator[ProjectRow]:
    """One to three projects a township; debt follows its habits."""
    kinds = ("道路改造", "产业园配套", "人居环境整治", "农产品仓储", "河道治理")
    for town in TOWNS:
        draw = drawer("projects", town.code)
        for n in range(1 + (town.industry > 0.3) + (town.debt > 10)):
            kind = "古茶园保护利用" if town.code == TOWN_Y else draw.choice(kinds)
            total = draw.randint(6, 48) * 1_000_000
            fiscal = int(total * draw.uniform(0.25, 0.7)) // 10_000 * 10_000
            year = int(period.text[:4])
            upkeep = [total * draw.uniform(0.02, 0.05) for _ in range(4)]
            flows = [total, *upkeep]
            drift = draw.gauss(2.5 if town.debt > 0 else -2.0, 3.0) * moved_on(period)
            yield ProjectRow(
                code=f"XM{town.code[-6:]}{n + 1}",
                town=town,
                name=f"{town.name}{kind}项目",
                kind=kind,
                total=total,
                fiscal=fiscal,
                debt_ratio=round(max(0.0, 98.0 + town.debt + draw.gauss(0.0, 6.0) + drift), 1),
                flows=";".join(f"{year + k}:{round(flow)}" for k, flow in enumerate(flows)),
                realised=int(total * draw.uniform(0.5, 1.0)),
            )


def cases(period: Period) -> Iterator[CaseRow]:
    """Hotline cases, some hundreds a township, and a few that the door will refuse."""
    for town in TOWNS:
        draw = drawer("cases", town.code, period)
        for n in range(draw.randint(190, 330)):
            yield _case(town, period, n, draw)
    yield from _wrong_cases(period)


def _case(town: Town, period: Period, n: int, draw: Random) -> CaseRow:
    span = (period.end - period.start).days
    opened = datetime(period.start.year, period.start.month, period.start.day, tzinfo=SHANGHAI) + timedelta(
        days=draw.randint(0, span), hours=draw.randint(8, 20), minutes=draw.randint(0, 59)
    )
    kind = draw.choices(tuple(WORKING_DAYS), (50, 30, 20))[0]
    good = town.service + (0.16 if town.code == TOWN_Y else 0.02) * moved_on(period)
    days = WORKING_DAYS[kind]
    on_time = draw.random() < 0.70 + 0.29 * good
    taken = days * draw.uniform(0.15, 0.9) if on_time else days * draw.uniform(1.9, 2.6) + 12
    closed = opened + timedelta(days=taken)
    known = datetime(period.end.year, period.end.month, period.end.day, tzinfo=SHANGHAI)
    done = closed < known + timedelta(days=5)
    again = draw.random() < 0.13 - 0.11 * good
    pleased = draw.random() < 0.60 + 0.38 * good
    answered = done and draw.random() < 0.72
    return CaseRow(
        number=f"RX{period.text.replace('-', '')}{town.code[-6:]}{n:04d}",
        organisation=town.code,
        kind=kind,
        state="已办结" if done else "办理中",
        opened=_written(opened),
        closed=_written(closed) if done else "",
        again=("是" if again else "否") if done else "",
        satisfied=("满意" if pleased else "不满意") if answered else "",
    )


def _wrong_cases(period: Period) -> Iterator[CaseRow]:
    """Rows as real exports have them: a unit nobody knows, times in the wrong order, a strange word."""
    day = f"{period.start:%Y-%m}-15 "
    number = f"RX{period.text.replace('-', '')}错"
    yield CaseRow(f"{number}1", "990109001", "咨询", "已办结", f"{day}09:10", f"{day}16:00", "否", "满意")
    yield CaseRow(f"{number}2", TOWNS[3].code, "求助", "已办结", f"{day}15:30", f"{day}10:05", "否", "满意")
    yield CaseRow(f"{number}3", TOWNS[8].code, "投诉", "转办中", f"{day}11:00", "", "", "")
    yield CaseRow(f"{number}4", TOWNS[14].code, "咨询", "已办结", "上月中旬", f"{day}10:05", "否", "")


def _written(moment: datetime) -> str:
    return f"{moment:%Y-%m-%d %H:%M}"
