"""What a key reads: one call into a room each, as JSON."""

from collections.abc import Callable
from datetime import date
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import conditional_page
from ninja import Router
from ninja.decorators import decorate_view
from ninja.params.functions import Path, Query

from hengjian.access import permissions
from hengjian.access.masking import Field
from hengjian.access.purposes import Shown
from hengjian.access.tickets import View
from hengjian.console import laws, public_ratings
from hengjian.console.api import read_shapes as shapes
from hengjian.console.api.guard import KeyAuth
from hengjian.console.api.persons import covers, scopes, seen
from hengjian.console.api.shapes import PRINTABLE, FaultsOut
from hengjian.console.rights import today
from hengjian.cycles import queries, reach
from hengjian.evidence.queries import quarantine_counts
from hengjian.exchange.models import AccessKey, Part
from hengjian.notary import queries as log
from hengjian.roster import directory
from hengjian.terms.errors import NotPermitted, Refused

router = Router()
FAULTS = dict.fromkeys((400, 401, 403, 404, 422, 429, 503), FaultsOut)
Id = Path(..., min_length=1, max_length=80, pattern=PRINTABLE)
Page = Query(1, ge=1, le=100_000)
Half = Query("", max_length=7, pattern=r"^(\d{4}-H[12])?$")
Size = Query(50, ge=1, le=200)


def _read(path: str, part: Part, answer: Any, summary: str) -> Callable[[Any], Any]:
    """A read of one part, with an ETag over what it says and no copy kept on the way."""

    def made(view: Any) -> Any:
        view = decorate_view(conditional_page)(view)
        given: dict[int, Any] = {200: answer, 304: None, **FAULTS}
        return router.get(
            path, response=given, auth=KeyAuth(part), summary=summary, operation_id=view.__name__, tags=[part]
        )(view)

    return made


def _key(request: HttpRequest, response: HttpResponse) -> AccessKey:
    response["Cache-Control"] = "private, no-cache"
    return request.auth  # type: ignore[attr-defined, no-any-return]


def _whole(key: AccessKey, check: Callable[[Any, date], None]) -> None:
    """Refuse an account that may not; what has no organisation is not narrowed by the key's."""
    check(key.account, today())


@_read("/cycles", Part.CYCLES, list[shapes.CycleOut], "考核周期 Cycles")
def list_cycles(request: HttpRequest, response: HttpResponse) -> Any:
    """All cycles, the newest period first."""
    scopes(_key(request, response), "read_results")
    return queries.list_cycles()


@_read("/cycles/{cycle}", Part.CYCLES, shapes.CycleDetailOut, "一个周期 One cycle")
def read_cycle(request: HttpRequest, response: HttpResponse, cycle: str = Id) -> Any:
    """State, digests and publication of one cycle."""
    scopes(_key(request, response), "read_results")
    return queries.cycle_detail(cycle, lacking=False)


@_read("/cycles/{cycle}/groups", Part.RESULTS, list[shapes.GroupOut], "可比组 Comparable groups")
def list_groups(request: HttpRequest, response: HttpResponse, cycle: str = Id) -> Any:
    """The comparable groups in which somebody within the key's reach is ranked."""
    reached = scopes(_key(request, response), "read_results")
    return queries.groups(cycle, reach.reached_in(cycle, reached))


@_read("/cycles/{cycle}/ranking", Part.RESULTS, shapes.RankingOut, "排名 Ranking")
def read_ranking(
    request: HttpRequest,
    response: HttpResponse,
    cycle: str = Id,
    group: str = Query("", max_length=200, pattern=PRINTABLE),
    order: str = Query("rank", max_length=60, pattern=r"^[A-Za-z0-9_.]*$"),
    page: int = Page,
    size: int = Size,
) -> Any:
    """A page of the ranking of one group; without a group all of them, to be read with the caveat."""
    key = _key(request, response)
    within = reach.reached_in(cycle, scopes(key, "read_results"))
    found = queries.ranking(cycle, group, order=order, page=page, size=size, seats=within)
    persons = seen(key, [one.official for one in found.rows], View(Shown.RANKING, cycle))
    return shapes.ranking_of(found, persons)


@_read("/cycles/{cycle}/seats/{seat}", Part.RESULTS, shapes.SheetOut, "得分表 Score sheet")
def read_sheet(request: HttpRequest, response: HttpResponse, cycle: str = Id, seat: str = Id) -> Any:
    """One seat's sheet, line by line."""
    key = _key(request, response)
    found = _sheet(key, cycle, seat)
    return shapes.sheet_of(found, seen(key, [found.row.official], View(Shown.SHEET, cycle)))


@_read("/cycles/{cycle}/seats/{seat}/workings", Part.RESULTS, shapes.WorkingOut, "计算过程 Workings")
def read_workings(request: HttpRequest, response: HttpResponse, cycle: str = Id, seat: str = Id) -> Any:
    """How a total came out, step by step. Steps name organisations: only for keys that may show names."""
    key = _key(request, response)
    found = _sheet(key, cycle, seat)
    if not key.names:
        raise NotPermitted(
            _("密钥不含姓名，不能读取计算过程"), do=_("请申请可见姓名的密钥"), code="exchange.names"
        )
    seen(key, [found.row.official], View(Shown.WORKINGS, cycle))
    return queries.working_tree(cycle, seat)


def _sheet(key: AccessKey, cycle: str, seat: str) -> Any:
    reached = scopes(key, "read_results")
    found = queries.seat_sheet(cycle, seat)
    if not covers(reached, reach.path_of_seat(cycle, seat)):
        raise NotPermitted(_("这个任职不在密钥的机构之内"), code="exchange.reach")
    return found


@_read("/seats", Part.ROSTER, shapes.SeatsOut, "某日任职 Who sits where on a day")
def list_seats(
    request: HttpRequest, response: HttpResponse, on: date | None = None, page: int = Page, size: int = Size
) -> Any:
    """The seats of a day within the key's reach; today unless a day is given."""
    key, day = _key(request, response), on or today()
    reached = scopes(key, "read_results")
    masked = seen(key, [], View(Shown.ROSTER))
    ordered = key.names or (masked.may(Field.ORGANISATION) and masked.may(Field.TITLE))
    rows = directory.seats(reached, directory.Wish(day, ordered=ordered))
    found = directory.places(list(rows[(page - 1) * size : page * size]), day)
    persons = seen(key, [one.official for one in found], View(Shown.ROSTER))
    return shapes.seats_of(found, persons, day, (rows.count(), page, size))


@_read("/releases", Part.RELEASES, shapes.ReleasesOut, "群众评价公布结果 Released public marks")
def list_releases(
    request: HttpRequest, response: HttpResponse, half: str = Half, page: int = Page, size: int = Size
) -> Any:
    """What was released of the posts that serve the public, within the key's reach; nothing live."""
    key = _key(request, response)
    reached = scopes(key, "read_results")
    known = {one.text: one for one in public_ratings.halves(today())}
    if half and half not in known:
        do = _("可写：%s") % "、".join(known)
        raise Refused(_("没有这个半年"), where="half", do=do, code="releases.no_half")
    period = known[half] if half else public_ratings.newest(list(known.values()))
    under = () if "" in reached else tuple(one.rpartition("/")[2] for one in reached)
    found = public_ratings.results(period, timezone.now(), today(), "", under)
    found.sort(key=lambda one: (one.seat.official, one.seat.post))  # tells nothing of hidden fields
    rows = found[(page - 1) * size : page * size]
    persons = seen(key, [one.seat.official for one in rows], View(Shown.RANKING, period.text))
    return shapes.releases_of(rows, persons, period.text, (len(found), page, size))


@_read("/policies", Part.POLICIES, list[shapes.PolicyOut], "制度 Policies")
def list_policies(request: HttpRequest, response: HttpResponse, on: date | None = None) -> Any:
    """The policies in force on a day; today unless a day is given."""
    _whole(_key(request, response), permissions.check_can_read_policies)
    return [shapes.policy_of(one) for one in laws.all_policies(on or today())]


@_read("/policies/{policy}", Part.POLICIES, shapes.PolicyDetailOut, "一套制度 One policy")
def read_policy(
    request: HttpRequest, response: HttpResponse, policy: str = Id, on: date | None = None
) -> Any:
    """Indicators, scorecards and parameters of one policy, each with its clause."""
    _whole(_key(request, response), permissions.check_can_read_policies)
    return shapes.policy_detail(laws.one_policy(policy, on or today()))


@_read("/quarantine", Part.QUARANTINE, list[shapes.QuarantineOut], "待核记录数 Quarantine counts")
def count_quarantine(request: HttpRequest, response: HttpResponse) -> Any:
    """How many refused rows wait and how many are decided, by feed."""
    return quarantine_counts(scopes(_key(request, response), "read_quarantine"))


@_read("/log/heads", Part.LOG, list[shapes.HeadOut], "日志树头 Heads of the log")
def list_heads(request: HttpRequest, response: HttpResponse, page: int = Page, size: int = Size) -> Any:
    """Heads of the public log, the newest first, each as the signed note that verifies offline."""
    _whole(_key(request, response), permissions.check_can_read_log)
    return [
        shapes.head_of(one)
        for one in log.heads().filter(publication__isnull=False)[(page - 1) * size : page * size]
    ]


@_read("/cycles/{cycle}/proof", Part.LOG, shapes.ProofOut, "存证证明 Proof of a result")
def read_proof(request: HttpRequest, response: HttpResponse, cycle: str = Id) -> Any:
    """Proofs that a cycle's publication, sheets, snapshots and decisions stand in the log."""
    _whole(_key(request, response), permissions.check_can_read_log)
    found = [(kind, row, log.proof_of(kind, row)) for kind, row in queries.logged_rows(cycle)]
    return shapes.proof_of(found)
