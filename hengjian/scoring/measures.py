"""Values of organisations: metrics with their targets, and shares computed from cases."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from operator import attrgetter

import numpy as np

from hengjian.scoring.facts import Facts, Floats, Ints
from hengjian.scoring.snapshot import Case, Metric
from hengjian.terms.errors import Refused
from hengjian.terms.numbers import quantise
from hengjian.terms.period import Period

MEASURES = ("on_time", "closed", "not_reopened", "satisfied")
READ = ("on_time", "closed", "reopened", "satisfied")  # what a case says of them
_read = attrgetter(*READ)


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
    alike = Counter(map(attrgetter("feed", "organisation", *READ), facts.snapshot.cases))
    for (name, organisation, *read), many in alike.items():
        feed, org = number.get(name, -1), place.get(organisation, -1)
        for at, verdict in enumerate(_verdicts(*read)) if min(feed, org) >= 0 else ():
            if verdict is not None:
                counted[feed, org, at] += many
                yes[feed, org, at] += many * verdict
    with np.errstate(invalid="ignore", divide="ignore"):
        share = quantise(np.where(counted > 0, 100.0 * yes / counted, np.nan))
    return CaseShares(number, tuple(yes), tuple(counted), tuple(share))


def cases_by_place(facts: Facts) -> dict[tuple[str, int], tuple[Case, ...]]:
    """The cases of each feed and organisation (its number), in the order of their records.

    Clause: SPEC C2, SPEC I
    """
    place = {code: at for at, code in enumerate(facts.organisations)}
    held: dict[tuple[str, int], list[Case]] = {}
    for case in facts.snapshot.cases:
        if case.organisation in place:
            held.setdefault((case.feed, place[case.organisation]), []).append(case)
    return {key: tuple(sorted(cases, key=lambda case: case.record)) for key, cases in held.items()}


def verdicts(case: Case) -> tuple[bool | None, ...]:
    """What a case says on each of :data:`MEASURES`; None where it does not count.

    Clause: SPEC C2
    """
    return _verdicts(*_read(case))


def _verdicts(
    on_time: bool | None, closed: bool, reopened: bool | None, satisfied: bool | None
) -> tuple[bool | None, ...]:
    return (on_time, closed, None if reopened is None else not reopened, satisfied)
