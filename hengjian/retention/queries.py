"""What the pages show: each class with its term, what is due, its last report; lists, holds, requests."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from django.utils.functional import Promise

from hengjian.access import keeping
from hengjian.access.models import User
from hengjian.retention.classes import BY_NAME, CLASSES, FOR_GOOD
from hengjian.retention.due import found
from hengjian.retention.models import Answer, Due, Hold, Listing, Report, Request
from hengjian.retention.terms import Term


@dataclass(frozen=True)
class ClassRow:
    """One class: its term, how much is due and held back today, the list that is open, the last report."""

    name: str
    title: Promise | str
    term: Term | None
    due: int
    held: int
    open: Listing | None
    last: Report | None
    may_list: bool


def may_list(user: User, on: date, name: str) -> bool:
    """Whether this person draws up the lists of a class."""
    trace = BY_NAME[name].trace
    return keeping.can_list_traces(user, on) if trace else keeping.can_list_records(user, on)


def may_approve(user: User, on: date, listing: Listing) -> bool:
    """Whether this person may decide on a list now."""
    trace = BY_NAME[listing.data_class].trace
    allowed = keeping.can_approve_traces(user, on) if trace else keeping.can_approve_records(user, on)
    return allowed and listing.by != user.get_username() and decided(listing) is None


def class_rows(user: User, terms: Mapping[str, Term], on: date) -> list[ClassRow]:
    """Every class that is destroyed by list, as it stands today.

    Clause: SPEC T-I9
    """
    reports = {one.listing.data_class: one for one in Report.objects.select_related("listing").order_by("at")}
    lists = Listing.objects.filter(report=None).exclude(approval__agreed=False)
    standing = {one.data_class: one for one in lists}
    made = []
    for one in CLASSES:
        looked = found(one, terms, on)
        made.append(
            ClassRow(
                one.name, one.title, terms.get(one.name), len(looked.free), len(looked.held),
                standing.get(one.name), reports.get(one.name), may_list(user, on, one.name),
            )
        )  # fmt: skip
    return made


def kept_rows(terms: Mapping[str, Term]) -> list[tuple[Promise | str, Term | None]]:
    """Classes that are kept for good."""
    return [(title, terms.get(name)) for name, title in FOR_GOOD]


def decided(listing: Listing) -> bool | None:
    """Whether a list was approved; None while nobody has decided."""
    approval = getattr(listing, "approval", None)
    return None if approval is None else approval.agreed


def title_of(name: str) -> Promise | str:
    """A class by its title."""
    return BY_NAME[name].title if name in BY_NAME else name


def listings() -> list[Listing]:
    """All lists, the newest first, with approval and report."""
    return list(Listing.objects.select_related("approval", "report").order_by("-pk"))


def holds() -> list[Hold]:
    """What is held back now."""
    return list(Hold.objects.filter(ending=None).order_by("-pk"))


def requests() -> list[Request]:
    """Persons' requests, those without an answer first, the most urgent on top."""
    rows = list(Request.objects.select_related("answer").order_by("due_on", "pk"))
    answered = set(Answer.objects.values_list("pk", flat=True))
    return sorted(rows, key=lambda row: row.pk in answered)


def waiting_for(user: User, on: date) -> tuple[int, int, date | None, int]:
    """Classes due that this person may list, lists that wait here, the first open request, how many."""
    due = Due.objects.filter(units__gt=0).values_list("data_class", flat=True)
    listed = set(
        Listing.objects.filter(report=None)
        .exclude(approval__agreed=False)
        .values_list("data_class", flat=True)
    )
    classes = [name for name in due if name in BY_NAME and name not in listed and may_list(user, on, name)]
    lists = [one for one in Listing.objects.filter(approval=None) if may_approve(user, on, one)]
    asked = []
    if keeping.can_answer_requests(user, on):
        asked = list(Request.objects.filter(answer=None).order_by("due_on").values_list("due_on", flat=True))
    return len(classes), len(lists), asked[0] if asked else None, len(asked)
