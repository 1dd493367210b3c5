"""How soon systems of record hand events over: a link can only be asked for within a day of what was done.

Events carry a day and no time (decision 0017), so late is counted in days: what is admitted after the days
of ``ratings.push_hours`` can have reached nobody in time, whatever the worker does.
"""

from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from math import ceil

from django.db.models import Count, F, QuerySet
from django.db.models.functions import TruncDate

from hengjian.policy.policy import Policy
from hengjian.ratings.invitations.models import RecordSystem, RefusedEvent, ServiceEvent
from hengjian.ratings.invitations.sheet import LAYOUT
from hengjian.roster.directory import within
from hengjian.roster.models import Organisation
from hengjian.terms.calendar import SHANGHAI

TOO_OLD = "events.late"
HOURS_A_DAY = 24
SOURCE, UNIT = (
    next(one.title for one in LAYOUT.columns if one.key == key) for key in ("source", "organisation")
)


@dataclass(frozen=True)
class Punctuality:
    """One source: events of some days, how many came late and by how much, and what came too late."""

    source: str
    name: str
    events: int
    late: int
    longest: int
    too_old: int

    @property
    def on_time(self) -> int:
        """Those that came within the day."""
        return self.events - self.late

    @property
    def behind(self) -> int:
        """Late, and too late to invite anybody."""
        return self.late + self.too_old


def punctuality(since: date, until: date, rules: Policy, scopes: Sequence[str] = ("",)) -> list[Punctuality]:
    """By source, of events completed on these days (both inside), the worst first.

    ``scopes``: paths of units, with all below them; an empty one is all. What was refused for its age counts
    by the day on which it came.
    Clause: NORMS X14, SPEC B2
    Policy: ratings.push_hours
    """
    units = _units(scopes)
    days = ceil(rules.number("ratings.push_hours") / HOURS_A_DAY)
    events: Counter[str] = Counter()
    late: Counter[str] = Counter()
    longest: dict[str, int] = defaultdict(int)
    for source, done, came, n in _events(since, until, units):
        took = (came - done).days
        events[source] += n
        late[source] += n if took > days else 0
        longest[source] = max(longest[source], took)
    too_old = _too_old(since, until, units)
    names = dict(RecordSystem.objects.order_by("at").values_list("code", "name"))
    found = [
        Punctuality(
            source, names.get(source, source), events[source], late[source], longest[source], too_old[source]
        )
        for source in {*events, *too_old}
    ]
    return sorted(found, key=lambda one: (-one.behind, one.source))


def _units(scopes: Sequence[str]) -> frozenset[str] | None:
    """The units of these scopes and below them; None: all."""
    if "" in scopes:
        return None
    return frozenset(Organisation.objects.filter(within(scopes)).values_list("code", flat=True))


def _events(
    since: date, until: date, units: frozenset[str] | None
) -> "QuerySet[ServiceEvent, tuple[str, date, date, int]]":
    rows = ServiceEvent.objects.filter(on__gte=since, on__lte=until)
    if units is not None:
        rows = rows.filter(organisation__code__in=units)
    came = TruncDate("batch__at", tzinfo=SHANGHAI)
    return rows.annotate(came=came).values_list("source", "on", "came").annotate(n=Count("pk")).order_by(
        F("source")
    )  # fmt: skip


def _too_old(since: date, until: date, units: frozenset[str] | None) -> Counter[str]:
    rows = RefusedEvent.objects.filter(reasons__contains=[{"code": TOO_OLD}])
    rows = rows.annotate(came=TruncDate("batch__at", tzinfo=SHANGHAI))
    rows = rows.filter(came__gte=since, came__lte=until + timedelta(days=1))
    return Counter(
        str(raw.get(SOURCE, ""))
        for raw in rows.values_list("raw", flat=True)
        if units is None or raw.get(UNIT) in units
    )
