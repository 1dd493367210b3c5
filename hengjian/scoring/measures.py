"""Values of organisations: metrics with their targets, and shares computed from cases."""

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from hengjian.scoring.facts import Facts, Floats, Ints
from hengjian.scoring.snapshot import Case, Metric
from hengjian.terms.errors import Refused
from hengjian.terms.numbers import quantise
from hengjian.terms.period import Period

MEASURES = ("on_time", "closed", "not_reopened", "satisfied")


@dataclass(frozen=True)
class Metrics:
    """Metrics of the seats' organisations that the cycle's period reads.

    Clause: SPEC A1
    Shapes: value, target (organisations, metrics); ``record`` holds the record that was read.
    """

    codes: tuple[str, ...]
    column: dict[str, int]
    value: Floats
    target: Floats
    record: dict[tuple[int, int], Metric]


@dataclass(frozen=True)
class CaseShares:
    """Cases of a feed, counted for each organisation.

    Clause: SPEC C2, NORMS X39
    Shapes: yes, counted (organisations, measures); share (organisations, measures) in percent.
    """

    feeds: dict[str, int]
    yes: tuple[Ints, ...]
    counted: tuple[Ints, ...]
    share: tuple[Floats, ...]
    cases: dict[tuple[str, int], tuple[Case, ...]] = field(default_factory=dict)


def metrics_of(facts: Facts, wanted: Sequence[str]) -> Metrics:
    """Read each organisation's metrics for the cycle's period.

    Clause: SPEC A1, NORMS X24
    The record of exactly the cycle's period counts; without one, that of the shortest period that
    contains it (a yearly metric in a half-year). Two records for one value are refused.
    """
    codes = tuple(sorted(set(wanted)))
    column = {code: at for at, code in enumerate(codes)}
    place = {code: at for at, code in enumerate(facts.organisations)}
    best: dict[tuple[int, int], tuple[int, Metric]] = {}
    reach = _Reach(facts.snapshot.cycle.period)
    for record in facts.snapshot.metrics:
        key = (place.get(record.organisation, -1), column.get(record.metric, -1))
        length = -1 if min(key) < 0 else reach.days(record.period)
        if length < 0:
            continue
        held = best.get(key)
        if held is not None and held[0] == length:
            raise _twice(record)
        if held is None or length < held[0]:
            best[key] = (length, record)
    value = np.full((len(place), len(codes)), np.nan)
    target = np.full_like(value, np.nan)
    for key, (_, record) in best.items():
        value[key] = record.value
        target[key] = np.nan if record.target is None else record.target
    chosen = {key: record for key, (_, record) in best.items()}
    return Metrics(codes, column, quantise(value), quantise(target), chosen)


class _Reach:
    """How long a record's period is when it contains the cycle's period, else -1."""

    def __init__(self, period: str) -> None:
        self._cycle = Period(period)
        self._known: dict[str, int] = {}

    def days(self, period: str) -> int:
        if period not in self._known:
            held = Period(period)
            inside = held.start <= self._cycle.start and self._cycle.end <= held.end
            self._known[period] = (held.end - held.start).days if inside else -1
        return self._known[period]


def _twice(record: Metric) -> Refused:
    return Refused(
        f"{record.organisation} 的 {record.metric} 在 {record.period} 有两条记录",
        where=f"metrics:{record.record}",
        do="同一单位同一周期只能有一个数值，请撤回其中一条",
        code="facts.metric_twice",
    )


def case_shares_of(facts: Facts, feeds: Sequence[str]) -> CaseShares:
    """Count the cases of each organisation and feed.

    Clause: SPEC C2
    A case that is open and not yet due is not counted for timeliness; one without an answer is not
    counted for satisfaction; volume is never scored.
    """
    names = tuple(sorted(set(feeds)))
    number = {name: at for at, name in enumerate(names)}
    place = {code: at for at, code in enumerate(facts.organisations)}
    shape = (len(names), len(place), len(MEASURES))
    yes, counted = np.zeros(shape, dtype=np.int64), np.zeros(shape, dtype=np.int64)
    held: dict[tuple[str, int], list[Case]] = {}
    for case in facts.snapshot.cases:
        feed, org = number.get(case.feed, -1), place.get(case.organisation, -1)
        if feed < 0 or org < 0:
            continue
        held.setdefault((case.feed, org), []).append(case)
        for at, verdict in enumerate(verdicts(case)):
            if verdict is not None:
                counted[feed, org, at] += 1
                yes[feed, org, at] += verdict
    with np.errstate(invalid="ignore", divide="ignore"):
        share = quantise(np.where(counted > 0, 100.0 * yes / counted, np.nan))
    ordered = {k: tuple(sorted(v, key=lambda c: c.record)) for k, v in held.items()}
    return CaseShares(number, tuple(yes), tuple(counted), tuple(share), ordered)


def verdicts(case: Case) -> tuple[bool | None, ...]:
    """What a case says on each of :data:`MEASURES`; None where it does not count.

    Clause: SPEC C2
    """
    again = None if case.reopened is None else not case.reopened
    return (case.on_time, case.closed, again, case.satisfied)
