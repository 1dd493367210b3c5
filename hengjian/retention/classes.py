"""The classes of data that are destroyed by list: which tables, when a unit is due, what holds it back.

A unit is what goes together: a look, a case with its steps, all ballots of one official and half-year.
What the rooms empty by themselves (contacts, texts of reports, drafts) stands in :data:`BY_ITSELF`.
"""

from collections.abc import Callable, Collection
from dataclasses import dataclass
from datetime import date, datetime, time
from uuid import UUID

from django.db.models import Exists, F, Max, Model, OuterRef, Q, QuerySet, Subquery
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from hengjian.access.leaks.queries import codes_under_inquiry
from hengjian.access.models import SignIn, Ticket, User
from hengjian.cycles.models import Cycle
from hengjian.cycles.transitions import State as CycleState
from hengjian.desk import shelf
from hengjian.desk.models import About, Fetch, StoredFile
from hengjian.evidence.models import Quarantined, QuarantineDecision, QuarantineOpinion
from hengjian.ratings.ballots.models import AcceptedKey, Ballot, Exclusion, Reply
from hengjian.ratings.followups.models import (
    Case,
    Contest,
    Flag,
    Opinion,
    Reminder,
    Report,
    ReportState,
    ReportStep,
    Ruling,
    State,
    Step,
)
from hengjian.ratings.invitations.models import (
    Attempt,
    Contact,
    Delivery,
    Ending,
    Invitation,
    Issue,
    Opening,
    RefusedEvent,
)
from hengjian.ratings.panels.models import (
    Declaration,
    RefusedMark,
    RefusedMarkDecision,
    RoundClosing,
    SignedSheet,
)
from hengjian.roster.models import Change, Official
from hengjian.terms.calendar import SHANGHAI

DESTROYED = "（已依规销毁）"
Keys = Collection[str]
Held = Callable[[Keys, date], set[str]]


def _nothing(_keys: Keys, _on: date) -> set[str]:
    return set()


@dataclass(frozen=True)
class Table:
    """One table of a class; ``by`` leads from its rows to the unit's key."""

    model: type[Model]
    by: str
    where: tuple[tuple[str, str], ...] = ()

    def of(self, keys: Keys) -> QuerySet[Model]:
        """The rows that go with these units."""
        return self.model._default_manager.filter(**{f"{self.by}__in": keys}, **dict(self.where))


@dataclass(frozen=True)
class DataClass:
    """One class. ``tables``: in the order in which they go; ``official``: where a unit says whom it is about.

    ``trace``: a record of what users did, which the administrators list and approve, not the office.
    """

    name: str
    title: Promise
    tables: tuple[Table, ...]
    due: Callable[[date], QuerySet[Model]]
    held: Held = _nothing
    official: str = ""
    trace: bool = False
    unit: str = "pk"
    after: Callable[[Keys], None] | None = None


def _start(day: date) -> datetime:
    return datetime.combine(day, time(), SHANGHAI)


def _strings(rows: QuerySet[Model], field: str = "pk") -> set[str]:
    return {str(one) for one in rows.values_list(field, flat=True)}


# --- traces of users ----------------------------------------------------------------------------
def _looks(before: date) -> QuerySet[Model]:
    return Ticket.objects.filter(at__lt=_start(before))


def _looks_held(keys: Keys, on: date) -> set[str]:
    """Sealed looks that the person was not told of yet; looks that an open inquiry into a leak names."""
    rows = Ticket.objects.filter(Q(sealed_until__gte=on) | Q(code__in=codes_under_inquiry()), pk__in=keys)
    return _strings(rows)


def _sign_ins(before: date) -> QuerySet[Model]:
    return SignIn.objects.filter(ended_at__lt=_start(before))


# --- records of the assessment ------------------------------------------------------------------
def _quarantined(before: date) -> QuerySet[Model]:
    done = QuarantineDecision.objects.filter(quarantined=OuterRef("pk"))
    late = done.filter(at__gte=_start(before))
    return Quarantined.objects.filter(Exists(done) & ~Exists(late))


def _refused_marks(before: date) -> QuerySet[Model]:
    done = RefusedMarkDecision.objects.filter(refused_mark=OuterRef("pk"))
    late = done.filter(at__gte=_start(before))
    return RefusedMark.objects.filter(Exists(done) & ~Exists(late))


def _refused_events(before: date) -> QuerySet[Model]:
    return RefusedEvent.objects.filter(batch__at__lt=_start(before))


def _invitations(before: date) -> QuerySet[Model]:
    return Invitation.objects.filter(expires_on__lt=before)


def _rounds(before: date) -> QuerySet[Model]:
    handed_in = SignedSheet.objects.filter(member__roll__round=OuterRef("pk"))
    declared = Declaration.objects.filter(asked__round=OuterRef("pk"))
    return RoundClosing.objects.filter(Exists(handed_in) | Exists(declared), at__lt=_start(before))


def _rounds_held(keys: Keys, _on: date) -> set[str]:
    rows = RoundClosing.objects.filter(pk__in=list(map(UUID, keys)), round__period__in=_unfinished())
    return _strings(rows)


def _unfinished() -> list[str]:
    """Periods of cycles whose result is not out yet."""
    done = (CycleState.PUBLISHED, CycleState.SUPERSEDED)
    return list(Cycle.objects.exclude(state__in=done).values_list("period", flat=True))


def half_year_before(day: date) -> str:
    """The last half-year that was over before a day."""
    return f"{day.year}-H1" if day.month > 6 else f"{day.year - 1}-H2"


def _boxes(before: date) -> QuerySet[Model]:
    cast = Ballot.objects.filter(key=OuterRef("pk"))
    return AcceptedKey.objects.filter(Exists(cast), period__lte=half_year_before(before))


def _boxes_held(keys: Keys, _on: date) -> set[str]:
    """Ballots with a case that stands, with a contest or flag undecided, or of a cycle that is not out."""
    seat = {"official": OuterRef("official"), "post": OuterRef("post"), "period": OuterRef("period")}
    boxes = AcceptedKey.objects.filter(pk__in=keys).filter(
        Exists(Case.objects.filter(ballot__key=OuterRef("pk")))
        | Exists(Contest.objects.filter(**seat, ruling=None))
        | Exists(Flag.objects.filter(**seat, ruling=None))
        | Q(period__in=_unfinished())
    )
    return _strings(boxes)


def _cases(before: date) -> QuerySet[Model]:
    newest = Step.objects.filter(case=OuterRef("pk")).order_by("-number")
    found = Case.objects.annotate(
        stands=Subquery(newest.values("state")[:1]), moved=Subquery(newest.values("at")[:1])
    )
    return found.filter(stands=State.CLOSED, moved__lt=_start(before))


def _cases_held(keys: Keys, _on: date) -> set[str]:
    return _strings(Contest.objects.filter(theme__in=list(map(UUID, keys))), "theme")


def _contests(before: date) -> QuerySet[Model]:
    return Contest.objects.filter(ruling__at__lt=_start(before))


def _flags(before: date) -> QuerySet[Model]:
    return Flag.objects.filter(ruling__at__lt=_start(before))


def _reports(before: date) -> QuerySet[Model]:
    newest = ReportStep.objects.filter(report=OuterRef("pk")).order_by("-number")
    found = Report.objects.annotate(
        stands=Subquery(newest.values("state")[:1]), moved=Subquery(newest.values("at")[:1])
    )
    return found.filter(stands=ReportState.CLOSED, moved__lt=_start(before))


def _reports_held(keys: Keys, _on: date) -> set[str]:
    return _strings(Report.objects.filter(pk__in=list(map(UUID, keys)), sealed__erased_on=None))


# --- persons who left ---------------------------------------------------------------------------
def _departed(before: date) -> QuerySet[Model]:
    gone = Official.objects.exclude(name=DESTROYED).annotate(last=Max("tenures__until"))
    return gone.filter(last__lt=before).exclude(tenures__until=None)


def _departed_held(keys: Keys, _on: date) -> set[str]:
    active = User.objects.filter(is_active=True, grants__official_id=OuterRef("code"))
    undecided = Contest.objects.filter(official=OuterRef("code"), ruling=None)
    return _strings(Official.objects.filter(Exists(active) | Exists(undecided), code__in=keys), "code")


def _forget_names(keys: Keys) -> None:
    """The number stays, the name goes: results and marks of the past hang on the number."""
    Official.objects.filter(code__in=keys).update(name=DESTROYED, sort_key=F("code"))
    gone = User.objects.filter(grants__official_id__in=keys, is_active=False)
    User.objects.filter(pk__in=gone.values("pk")).update(display_name=DESTROYED)


# --- attachments: the bytes go, their row and its commitment stay ---------------------------------
def _files(before: date) -> QuerySet[Model]:
    return StoredFile.objects.filter(version__at__lt=_start(before))


def _files_held(keys: Keys, _on: date) -> set[str]:
    """Files of a thing that is not over."""
    of = ("pk", "version__attachment__about", "version__attachment__key")
    rows = list(StoredFile.objects.filter(pk__in=[int(key) for key in keys]).values_list(*of))
    refused = [int(key) for _pk, about, key in rows if about == About.QUARANTINE]
    cases = [UUID(key) for _pk, about, key in rows if about == About.FOLLOWUP]
    newest = Step.objects.filter(case=OuterRef("pk")).order_by("-number").values("state")[:1]
    waiting = _strings(Quarantined.objects.filter(pk__in=refused, decision__isnull=True))
    moving = Case.objects.annotate(stands=Subquery(newest)).exclude(stands=State.CLOSED)
    waiting |= _strings(moving.filter(pk__in=cases))
    return {str(pk) for pk, _about, key in rows if key in waiting}


CLASSES = (
    DataClass("looks", _("查询留痕"), (Table(Ticket, "pk"),), _looks, _looks_held, "officials", trace=True),
    DataClass("sign_ins", _("登录记录"), (Table(SignIn, "pk"),), _sign_ins, trace=True),
    DataClass(
        "quarantine",
        _("待核记录"),
        (
            Table(QuarantineOpinion, "quarantined"),
            Table(QuarantineDecision, "quarantined"),
            Table(Quarantined, "pk"),
        ),
        _quarantined,
    ),
    DataClass(
        "refused_marks",
        _("待核打分"),
        (Table(RefusedMarkDecision, "refused_mark"), Table(RefusedMark, "pk")),
        _refused_marks,
    ),
    DataClass("refused_events", _("待核办事事项"), (Table(RefusedEvent, "pk"),), _refused_events),
    DataClass(
        "invitations",
        _("评价邀请"),
        (
            Table(Delivery, "attempt__invitation"),
            Table(Attempt, "invitation"),
            Table(Ending, "invitation"),
            Table(Opening, "invitation"),
            Table(Issue, "invitation"),
            Table(Contact, "invitation"),
            Table(Invitation, "pk"),
        ),
        _invitations,
    ),
    DataClass(
        "sheets",
        _("署名评价表与独立性声明"),
        (Table(SignedSheet, "member__roll__round"), Table(Declaration, "asked__round")),
        _rounds,
        _rounds_held,
    ),
    # contests before cases, cases before ballots: each holds the next back
    DataClass(
        "contests",
        _("评价异议"),
        (
            Table(Reminder, "about"),
            Table(Opinion, "contest"),
            Table(Ruling, "contest"),
            Table(Contest, "pk"),
        ),
        _contests,
        official="official",
    ),
    DataClass(
        "flags",
        _("异常提示"),
        (Table(Opinion, "flag"), Table(Ruling, "flag"), Table(Flag, "pk")),
        _flags,
        official="official",
    ),
    DataClass(
        "cases",
        _("回访单和办理记录"),
        (Table(Reminder, "about"), Table(Step, "case"), Table(Case, "pk")),
        _cases,
        _cases_held,
        "official",
    ),
    DataClass(
        "ballots",
        _("评价票和评语"),
        (Table(Reply, "ballot__key"), Table(Exclusion, "ballot__key"), Table(Ballot, "key")),
        _boxes,
        _boxes_held,
        "official",
    ),
    DataClass(
        "reports",
        _("举报办理记录"),
        (Table(Reminder, "about"), Table(ReportStep, "report"), Table(Report, "pk")),
        _reports,
        _reports_held,
        "official",
    ),
    DataClass(
        "attachments",
        _("附件的文件和下载记录"),
        (Table(Fetch, "version"), Table(StoredFile, "pk")),
        _files,
        _files_held,
        after=shelf.forget,
    ),
    DataClass(
        "departed",
        _("离任干部姓名"),
        (Table(Change, "key", (("kind", "official"),)),),
        _departed,
        _departed_held,
        "code",
        unit="code",
        after=_forget_names,
    ),
)
BY_NAME = {one.name: one for one in CLASSES}
# kept for as long as the installation stands
FOR_GOOD = (("results", _("考核结果")), ("authority", _("授权、处理决定和存证日志")))
# emptied by the rooms themselves every night, without a list: the number of the policy, what, by what
BY_ITSELF = (
    ("followups.contact_keep_days", _("回访联系方式"), _("办结后由每夜任务销毁")),
    ("followups.report_keep_days", _("举报原文和联系方式"), _("办结后由每夜任务销毁")),
)
