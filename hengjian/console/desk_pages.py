"""What the desk shows on other pages: kept filters of a list, remarks about a thing, the count of notices."""

from collections.abc import Mapping

from django.http import Http404, HttpRequest
from django.urls import reverse

from hengjian.access import permissions
from hengjian.access.models import User
from hengjian.console import followup_desk
from hengjian.console.paging import exporting
from hengjian.console.people import viewer
from hengjian.console.rights import rights, today
from hengjian.desk import queries
from hengjian.desk.models import About, Listing
from hengjian.evidence.queries import quarantined_row
from hengjian.ratings.followups.queries import cases

LISTS: Mapping[str, str] = {
    Listing.OFFICIALS: "officials",
    Listing.QUARANTINE: "quarantine",
    Listing.FOLLOWUPS: "followups",
    Listing.TRAIL: "trail",
    Listing.RANKING: "results-ranking",
}
PAGES: Mapping[str, str] = {About.QUARANTINE: "quarantine-entry", About.FOLLOWUP: "followups-case"}


def filters(request: HttpRequest, listing: str) -> dict[str, object]:
    """The filters kept for a list; the present one can be kept when something is filtered."""
    query = request.GET.copy()
    for name in ("page", "export", "table"):
        query.pop(name, None)
    return {
        "kept": [] if exporting(request) else queries.filters(viewer(request), listing),
        "listing": listing,
        "page": reverse(f"console:{LISTS[listing]}"),
        "query": query.urlencode() if any(query.values()) else "",
    }


def remarks(request: HttpRequest, about: str, key: str) -> dict[str, object]:
    """The remarks about a thing that the page shows already; a form for whoever has a part in it."""
    rows = queries.remarks(About(about), key)
    return {"rows": rows, "about": about, "key": key, "may": _takes_part(request, about)}


def attachments(request: HttpRequest, about: str, key: str) -> dict[str, object]:
    """The attachments of a thing that the page shows already; a form for whoever has a part in it."""
    rows = queries.attachments(About(about), key)
    return {
        "rows": rows,
        "about": about,
        "key": key,
        "may": _takes_part(request, about),
        "own": viewer(request).pk,
        "titles": [one.title for one in rows if not hasattr(one, "withdrawal")],
    }


def _takes_part(request: HttpRequest, about: str) -> bool:
    may = rights(request)
    return may.followups if about == About.FOLLOWUP else may.correct or may.check


def unread(request: HttpRequest) -> int:
    """How many notices whoever is signed in has not read."""
    user = getattr(request, "user", None)
    return queries.unread(user) if isinstance(user, User) else 0


def thing(request: HttpRequest, about: str, key: str) -> tuple[About, str, str]:
    """The thing of this number, its number and its page, if this person has a part in it.

    Raises: NotPermitted for whoever has a part in nothing of the kind, Http404 for what is not there.
    """
    found = None
    if about == About.FOLLOWUP:
        seen = cases.view(viewer(request), key, today(), followup_desk.clocks())
        found = None if seen is None else (About.FOLLOWUP, seen.row.id)
    else:
        scopes = _part_in_quarantine(request)
        if about == About.QUARANTINE and key.isascii() and key.isdigit() and len(key) < 16:
            row = quarantined_row(int(key), scopes)
            found = None if row is None else (About.QUARANTINE, str(row.number))
    if found is None:
        raise Http404
    return *found, reverse(f"console:{PAGES[found[0]]}", args=[found[1]])


def readable(request: HttpRequest, about: str, key: str) -> str:
    """The page of a thing, if this person may read it.

    Raises: NotPermitted for whoever reads nothing of the kind, Http404 for what is not there for him.
    """
    if about == About.FOLLOWUP:
        return thing(request, about, key)[2]
    scopes = permissions.check_scopes(request.user, today(), "read_quarantine")
    if quarantined_row(int(key), scopes) is None:
        raise Http404
    return reverse(f"console:{PAGES[about]}", args=[key])


def check_reads(request: HttpRequest) -> None:
    """Raises: NotPermitted for whoever reads nothing to which files are attached."""
    if not permissions.can_follow_up(request.user, today()):
        permissions.check_scopes(request.user, today(), "read_quarantine")


def check_takes_part(request: HttpRequest) -> None:
    """Raises: NotPermitted for whoever has a part in nothing to which files are attached."""
    if not permissions.can_follow_up(request.user, today()):
        _part_in_quarantine(request)


def _part_in_quarantine(request: HttpRequest) -> tuple[str, ...]:
    """Where this person puts right or checks what was refused; whoever only reads remarks nothing."""
    checks = permissions.scopes(request.user, today(), "check_quarantine")
    return checks or permissions.check_scopes(request.user, today(), "correct_quarantine")
