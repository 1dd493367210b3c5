"""The reads of this room: what a freeze takes, and what the quarantine holds."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from typing import Any, TypeVar

from django.db.models import Count, Exists, Min, OuterRef, Q, QuerySet

from hengjian.evidence.faults import Fault, restored
from hengjian.evidence.feeds import timeliness
from hengjian.evidence.feeds.declaration import Feed
from hengjian.evidence.feeds.folder import feed_from_text
from hengjian.evidence.models import Batch, Case, FeedVersion, Metric, Project, Quarantined, QuarantineOpinion
from hengjian.evidence.reach import WHOLE, about
from hengjian.policy.policy import Policy
from hengjian.scoring import snapshot
from hengjian.terms.calendar import SHANGHAI
from hengjian.terms.period import Period

R = TypeVar("R", Metric, Case, Project)
CHUNK = 5_000


def feed_codes() -> list[str]:
    """The feeds that were ever declared, by code."""
    return sorted(set(FeedVersion.objects.values_list("code", flat=True)))


def declared(code: str) -> Feed | None:
    """A feed as it was declared last: by the newest declaration with which rows came."""
    known = (
        FeedVersion.objects.filter(code=code).annotate(first=Min("batch__at")).order_by("-first", "digest")
    )
    found = known.filter(first__isnull=False).first()
    return None if found is None else feed_from_text(found.text, found.code)


def refused_rows(numbers: Iterable[int]) -> list[tuple[int, list[Fault]]]:
    """Quarantined rows by their numbers: each with its row in the delivery and its reasons."""
    rows = Quarantined.objects.filter(pk__in=numbers).order_by("row")
    return [(row.row, [restored(reason) for reason in row.reasons]) for row in rows]


def units_of(policy: Policy) -> dict[str, str]:
    """The unit that the policy asks for, by metric code."""
    sources = ((i.source.metric, i.unit) for i in policy.indicators.values() if i.source.metric)
    return dict(sources)


def _standing(model: type[R], cut_off: datetime) -> QuerySet[R]:
    """The versions that stood at the cut-off, in the order of their digests."""
    later = model._default_manager.filter(supersedes=OuterRef("pk"), admitted_at__lte=cut_off)
    known = model._default_manager.filter(~Exists(later), admitted_at__lte=cut_off)
    return known.select_related("organisation").order_by("digest")


def _within(prefix: str, organisations: Iterable[str] | None) -> Q:
    return Q() if organisations is None else Q(**{f"{prefix}__in": list(organisations)})


def metrics_for(
    period: Period, cut_off: datetime, organisations: Iterable[str] | None = None
) -> Iterator[snapshot.Metric]:
    """Measured values of exactly this period, as known at the cut-off."""
    rows = _standing(Metric, cut_off).filter(period=period.text)
    for m in rows.filter(_within("organisation__code", organisations)).iterator(CHUNK):
        yield snapshot.Metric(
            record=m.digest,
            organisation=m.organisation.code,
            metric=m.metric,
            period=m.period,
            value=float(m.value),
            unit=m.unit,
            target=None if m.target is None else float(m.target),
        )


def cases_for(
    period: Period, cut_off: datetime, organisations: Iterable[str] | None = None
) -> Iterator[snapshot.Case]:
    """Cases that count in this period or are pending in it, judged as they stood at the cut-off.

    ``on_time`` is None where a case is not counted: pending, without a deadline, withdrawn.
    """
    for case in _cases(period, cut_off, organisations).iterator(CHUNK):
        verdict = timeliness.verdict(case, cut_off)
        yield snapshot.Case(
            record=case.digest,
            feed=case.feed,
            organisation=case.organisation.code,
            on_time={"on_time": True, "overdue": False}.get(verdict),
            closed=case.closed_at is not None,
            reopened=case.reopened,
            satisfied=case.satisfied,
        )


def _cases(period: Period, cut_off: datetime, organisations: Iterable[str] | None) -> QuerySet[Case]:
    after = datetime.combine(period.end + timedelta(days=1), time(), tzinfo=SHANGHAI)
    counted = Q(counted_on__range=(period.start, period.end))
    pending = Q(status="open", due_at__gt=cut_off, opened_at__lt=after)
    rows = _standing(Case, cut_off).filter(counted | pending)
    return rows.filter(_within("organisation__code", organisations))


def case_counts(
    period: Period, cut_off: datetime, organisations: Iterable[str] | None = None
) -> dict[tuple[str, str], int]:
    """How many cases :func:`cases_for` gives, by feed and organisation."""
    rows = _cases(period, cut_off, organisations).order_by().values("feed", "organisation__code")
    counted = rows.annotate(n=Count("pk")).values_list("feed", "organisation__code", "n")
    return {(feed, code): n for feed, code, n in counted}


def project_count(period: Period, cut_off: datetime, organisations: Iterable[str] | None = None) -> int:
    """How many accounts :func:`projects_for` gives."""
    rows = _standing(Project, cut_off).filter(period=period.text)
    return rows.filter(_within("organisation__code", organisations)).count()


def projects_for(
    period: Period,
    cut_off: datetime,
    organisations: Iterable[str] | None = None,
    *,
    discount: float = 0.0,
) -> Iterator[snapshot.Project]:
    """Accounts of government investment projects for exactly this period.

    ``discount``: the policy's yearly rate in percent, for the whole-life cost.
    """
    rows = _standing(Project, cut_off).filter(period=period.text)
    for p in rows.filter(_within("organisation__code", organisations)).iterator(CHUNK):
        yield snapshot.Project(
            record=p.digest,
            code=p.code,
            organisation=p.organisation.code,
            total_investment=float(p.total_investment),
            fiscal_money=float(p.fiscal_money),
            debt_ratio=float(p.debt_ratio),
            debt_cap=None if p.debt_cap is None else float(p.debt_cap),
            whole_life_cost=_whole_life_cost(p, discount),
        )


def _whole_life_cost(project: Project, discount: float) -> float | None:
    """The sum of the yearly cash flows, discounted to the first year."""
    if not project.cash_flows:
        return None
    first = project.cash_flows[0][0]
    rate = 1.0 + discount / 100.0
    return float(sum(float(a) / rate ** (year - first) for year, a in project.cash_flows))


@dataclass
class Tally:
    """Cases of one organisation, counted: whole numbers, exact in any order."""

    on_time: int = 0
    overdue: int = 0
    pending: int = 0
    no_deadline: int = 0
    withdrawn: int = 0
    closed: int = 0
    reopened: int = 0
    not_reopened: int = 0
    satisfied: int = 0
    unsatisfied: int = 0

    def add(self, case: timeliness.Clocked, at: datetime) -> None:
        """Count one more case."""
        verdict = timeliness.verdict(case, at)
        setattr(self, verdict, getattr(self, verdict) + 1)
        if verdict == "withdrawn":
            return
        self.closed += case.closed_at is not None
        self.reopened += getattr(case, "reopened", None) is True
        self.not_reopened += getattr(case, "reopened", None) is False
        self.satisfied += getattr(case, "satisfied", None) is True
        self.unsatisfied += getattr(case, "satisfied", None) is False

    @property
    def judged(self) -> int:
        """How many could be judged for timeliness."""
        return self.on_time + self.overdue


def case_tallies(
    period: Period, cut_off: datetime, organisations: Iterable[str] | None = None
) -> dict[tuple[str, str], Tally]:
    """Counts by (feed, organisation code), the uncounted named apart."""
    tallies: dict[tuple[str, str], Tally] = {}
    for case in _cases(period, cut_off, organisations).iterator(CHUNK):
        tallies.setdefault((case.feed, case.organisation.code), Tally()).add(case, cut_off)
    return dict(sorted(tallies.items()))


@dataclass(frozen=True)
class QuarantinedRow:
    """One quarantined row as a page or command shows it."""

    number: int
    feed: str
    kind: str
    row: int
    file: str
    raw: Mapping[str, str]
    faults: tuple[Fault, ...]
    at: datetime
    state: str
    by: str = ""
    decided_at: datetime | None = None
    reason: str = ""
    changes: Mapping[str, str] = field(default_factory=dict)
    record: str = ""


def quarantined(
    *, state: str = "", feed: str = "", code: str = "", kind: str = "", scopes: Sequence[str] = WHOLE
) -> QuerySet[Quarantined]:
    """Quarantined rows, oldest first; ``state`` waiting or an outcome, ``code`` of a fault.

    ``scopes``: code paths of the organisations that the rows are about; the whole city unless given.
    """
    rows = Quarantined.objects.filter(about(scopes)).select_related("batch", "decision").order_by("at", "pk")
    if state == "waiting":
        rows = rows.filter(decision__isnull=True)
    elif state:
        rows = rows.filter(decision__outcome=state)
    if code:
        rows = rows.filter(reasons__contains=[{"code": code}])
    wanted = {"feed": feed, "kind": kind}
    return rows.filter(**{name: value for name, value in wanted.items() if value})


def shown(row: Quarantined) -> QuarantinedRow:
    """One row with its reasons in the reader's language and what was decided."""
    decision = getattr(row, "decision", None)
    seen: dict[str, Any] = {"state": "waiting"}
    if decision is not None:
        seen = {
            "state": decision.outcome,
            "by": decision.by,
            "decided_at": decision.at,
            "reason": decision.reason,
            "changes": decision.changes,
            "record": decision.record,
        }
    faults = tuple(restored(reason) for reason in row.reasons)
    return QuarantinedRow(
        number=row.pk, feed=row.feed, kind=row.kind, row=row.row, file=row.batch.source_name,
        raw=row.raw, faults=faults, at=row.at, **seen,
    )  # fmt: skip


def quarantined_row(number: int, scopes: Sequence[str] = WHOLE) -> QuarantinedRow | None:
    """One quarantined row, or None."""
    row = quarantined(scopes=scopes).filter(pk=number).first()
    return None if row is None else shown(row)


def waiting_since(before: date) -> tuple[int, date | None]:
    """How many refused rows wait since before a day, and the day of the first."""
    start = datetime(before.year, before.month, before.day, tzinfo=SHANGHAI)
    rows = Quarantined.objects.filter(decision__isnull=True, at__lt=start)
    found = rows.aggregate(n=Count("pk"), first=Min("at"))
    return found["n"], found["first"].astimezone(SHANGHAI).date() if found["first"] else None


def opinions(number: int) -> list[QuarantineOpinion]:
    """What inspectors found about a row, in the order in which they said so."""
    return list(QuarantineOpinion.objects.filter(quarantined=number).order_by("at", "pk"))


def to_check(by: str, scopes: Sequence[str]) -> int:
    """How many rows wait about which this inspector has said nothing yet."""
    said = QuarantineOpinion.objects.filter(quarantined=OuterRef("pk"), by=by)
    return quarantined(state="waiting", scopes=scopes).filter(~Exists(said)).count()


def quarantine_counts(scopes: Sequence[str] = WHOLE) -> list[dict[str, Any]]:
    """How many rows wait and how many are decided, by feed."""
    counts: Any = (
        Quarantined.objects.filter(about(scopes))
        .values("feed")
        .annotate(
            waiting=Count("pk", filter=Q(decision__isnull=True)),
            decided=Count("pk", filter=Q(decision__isnull=False)),
        )
    )
    return list(counts.order_by("feed"))


def cases_numbered(number: str, scopes: Sequence[str], most: int) -> list[Case]:
    """The newest versions of cases with this number at their source, of the organisations of these scopes."""
    below = Q() if "" in scopes else Q(pk__in=())
    for scope in scopes if "" not in scopes else ():
        below |= Q(organisation__path__startswith=f"/{scope.strip('/')}/")
    rows = Case.objects.filter(below, external_id=number, successor__isnull=True)
    return list(rows.select_related("organisation").order_by("feed", "pk")[:most])


def batches(feed: str = "") -> QuerySet[Batch]:
    """Batches, newest first."""
    rows = Batch.objects.select_related("feed_version").order_by("-at", "-pk")
    return rows.filter(feed=feed) if feed else rows


def record_by_digest(digest: str) -> Metric | Case | Project | None:
    """The record with this digest, for the page that a score sheet's working leads to."""
    for model in (Metric, Case, Project):
        found = model._default_manager.select_related("organisation", "batch", "supersedes")
        record = found.filter(digest=digest).order_by("-pk").first()
        if record is not None:
            return record
    return None
