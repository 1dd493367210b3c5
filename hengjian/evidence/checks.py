"""What the door asks of each draft, beside its form: does it fit the roster, the clock, the policy?"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime

from hengjian.evidence.faults import Fault
from hengjian.evidence.feeds.declaration import Feed
from hengjian.evidence.records import CaseDraft, Draft, MetricDraft, ProjectDraft
from hengjian.terms.calendar import SHANGHAI
from hengjian.terms.period import Period

Organisations = Mapping[str, tuple[int, date, date | None]]
Found = tuple[date, date, list[Fault]]


@dataclass(frozen=True)
class Context:
    """What the checks look at: organisations by code with their dates, units by metric, the time.

    ``within``: the organisations of which whoever hands rows over may speak; None: all.
    """

    feed: Feed
    organisations: Organisations
    units: Mapping[str, str]
    now: datetime
    within: frozenset[str] | None = None

    def column(self, name: str) -> str:
        """The source's name for one of our fields."""
        found = self.feed.columns.get(name)
        return found.column if found and found.column else name


def faults_of(draft: Draft, context: Context) -> list[Fault]:
    """Every reason against a draft; none means that it may come in."""
    first, last, own = _CHECKS[type(draft)](draft, context)
    return [*_organisation(draft.organisation, first, last, context), *own]


def _organisation(code: str, first: date, last: date, context: Context) -> list[Fault]:
    found = context.organisations.get(code)
    column = context.column("organisation")
    if found is None:
        return [Fault("organisation_unknown", column, code)]
    if context.within is not None and code not in context.within:
        return [Fault("organisation_outside", column, code)]
    _, since, until = found
    if last < since or (until is not None and first > until):
        return [Fault("organisation_not_then", column, code, first.isoformat())]
    return []


def _metric(draft: MetricDraft, context: Context) -> Found:
    faults = []
    unit = context.units.get(draft.metric)
    if unit is not None and unit != draft.unit:
        faults.append(Fault("unit_differs", context.column("unit"), draft.unit, unit))
    period = Period(draft.period)
    if period.start > context.now.astimezone(SHANGHAI).date():
        faults.append(Fault("future", context.column("period"), draft.period))
    return period.start, period.end, faults


def _case(draft: CaseDraft, context: Context) -> Found:
    faults = []
    for name, moment in (("opened_at", draft.opened_at), ("closed_at", draft.closed_at)):
        if moment is not None and moment > context.now:
            faults.append(Fault("future", context.column(name), moment.isoformat()))
    if draft.closed_at is not None and draft.closed_at < draft.opened_at:
        faults.append(Fault("closed_before_opened", context.column("closed_at")))
    if draft.status == "closed" and draft.closed_at is None:
        faults.append(Fault("closed_without_time", context.column("closed_at")))
    if draft.status == "open" and draft.closed_at is not None:
        faults.append(Fault("open_with_time", context.column("closed_at")))
    day = draft.opened_at.astimezone(context.feed.zone).date()
    return day, day, faults


def _project(draft: ProjectDraft, context: Context) -> Found:
    faults = [
        Fault("negative", context.column(name), str(getattr(draft, name)))
        for name in ("total_investment", "fiscal_money", "debt_ratio", "debt_cap", "realised")
        if getattr(draft, name) is not None and getattr(draft, name) < 0
    ]
    if draft.fiscal_money > draft.total_investment:
        faults.append(Fault("fiscal_above_total", context.column("fiscal_money")))
    period = Period(draft.period)
    return period.start, period.end, faults


_CHECKS: Mapping[type, Callable[..., Found]] = {
    MetricDraft: _metric,
    CaseDraft: _case,
    ProjectDraft: _project,
}
