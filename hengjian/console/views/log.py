"""The log: its state, heads, witnesses, anchors, reconciliation, proofs, and how to check it oneself."""

from pathlib import Path

from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from hengjian.access import permissions
from hengjian.console import log_state, logged, pictures
from hengjian.console.log_files import PREFIX
from hengjian.console.paging import page_of
from hengjian.console.rights import today
from hengjian.notary import evidence_files, publication, queries
from hengjian.notary.anchors import queries as anchored
from hengjian.notary.folder import fingerprint
from hengjian.notary.models import Difference, Head, Reconciliation
from hengjian.proof import notes

SIZE = 50
RUNS = 14
GO = """curl -s {address}checkpoint |
  jq -Rs '{{Kind: "note", Note: @base64, Keys: ["{vkey}"]}}' |
  go run ."""
CLOSED = 20  # closed alarms that are still shown


def _check(request: HttpRequest) -> None:
    permissions.check_can_read_log(request.user, today())


def _page(request: HttpRequest, tab: str, context: dict[str, object]) -> HttpResponse:
    shown = {"tab": tab, "synthetic": log_state.synthetic(log_state.trust()), **context}
    return render(request, f"console/log/{tab}.html", shown)


@login_required
@require_GET
def state(request: HttpRequest) -> HttpResponse:
    """How the log is, what is amiss, and what to do about it."""
    _check(request)
    return _page(
        request,
        "state",
        {
            "state": log_state.state(),
            "open": log_state.alarm_views(queries.alarms(open_only=True)),
            "closed": log_state.alarm_views(queries.alarms().exclude(closed_at=None)[:CLOSED]),
            "picture": _growth(),
        },
    )


def _growth() -> pictures.Picture | None:
    found = log_state.growth(today())
    if len(found) < 2:
        return None
    names = [f"{one.on:%m-%d}" for one in found]
    caption = _("近两周每天新增的存证条目。")
    return pictures.bars("growth", caption, names, [(_("新增条目"), [float(one.more) for one in found])])


@login_required
@require_GET
def heads(request: HttpRequest) -> HttpResponse:
    """The heads, the newest first."""
    _check(request)
    rows = queries.heads().prefetch_related("signatures")
    page = page_of(request, rows, SIZE)
    shown = [
        (head, list(dict.fromkeys(one.witness for one in head.signatures.all() if one.witness)))
        for head in page
    ]
    return _page(request, "heads", {"page": page, "rows": shown})


@login_required
@require_GET
def checkpoint(request: HttpRequest, size: int) -> HttpResponse:
    """A head as it is signed, byte for byte."""
    _check(request)
    head = Head.objects.filter(pk=size, signatures__isnull=False).first()
    if head is None:
        raise Http404
    return HttpResponse(notes.write(queries.note_of(head)), content_type="text/plain; charset=utf-8")


@login_required
@require_GET
def witnesses(request: HttpRequest) -> HttpResponse:
    """The witnesses of the trust file, and what was last heard of each."""
    _check(request)
    policy, head = log_state.trust(), queries.heads().first()
    return _page(
        request,
        "witnesses",
        {
            "witnesses": log_state.witnesses(policy) if policy else [],
            "quorum": log_state.quorum(policy, head) if policy else None,
            "head": head,
        },
    )


@login_required
@require_GET
def anchors(request: HttpRequest) -> HttpResponse:
    """Where heads are anchored outside, and what stands there."""
    _check(request)
    places, fault = log_state.places()
    page = page_of(request, anchored.anchors(), SIZE)
    return _page(request, "anchors", {"places": places, "fault": fault, "page": page})


@login_required
@require_GET
def reconciliation(request: HttpRequest) -> HttpResponse:
    """The last runs, and the differences of one of them: which record, in what; never what it says."""
    _check(request)
    runs = list(Reconciliation.objects.order_by("-started_at")[:RUNS])
    wanted = request.GET.get("run", "")
    chosen = next((one for one in runs if str(one.pk) == wanted), runs[0] if runs else None)
    rows = Difference.objects.filter(reconciliation=chosen).order_by("kind", "key", "id")
    page = page_of(request, rows, SIZE)
    return _page(
        request,
        "reconciliation",
        {
            "runs": runs,
            "chosen": chosen,
            "page": page,
            "rows": [(one, logged.title(one.kind)) for one in page],
            "query": f"run={chosen.pk}" if chosen else "",
            "next": log_state.next_reconciliation(timezone.now()),
        },
    )


@login_required
@require_GET
def proof(request: HttpRequest) -> HttpResponse:
    """A record's proof, found by kind and number or by the digest that its pages show."""
    _check(request)
    kind, key, digest = (request.GET.get(name, "").strip() for name in ("kind", "key", "digest"))
    if digest:
        kind, key = logged.by_digest(digest.lower()) or ("", "")
    asked = bool(digest or key)
    if kind and key:
        logged.check_may_ask(request.user, kind, today())
    found = logged.proof_view(kind, key) if kind and key else None
    return _page(
        request,
        "proof",
        {
            "kinds": logged.offered(request.user, today()),
            "asked": asked,
            "kind": kind,
            "key": key,
            "digest": digest,
            "proof": found,
            "waits": bool(key) and found is None and logged.waits(kind, key),
        },
    )


@login_required
@require_GET
def proof_file(request: HttpRequest) -> HttpResponse:
    """One of the two evidence files of a record."""
    _check(request)
    kind, key = request.GET.get("kind", ""), request.GET.get("key", "")
    logged.check_may_ask(request.user, kind, today())
    return download(kind, key, request.GET.get("part", ""))


def download(kind: str, key: str, part: str) -> HttpResponse:
    """The ``.tlog-proof`` of a record, or what opens it, as a file."""
    names = {"proof": evidence_files.proof_path(Path(), kind, key)}
    names["opening"] = evidence_files.opening_path(names["proof"])
    found = logged.files(kind, key) if part in names else None
    if found is None:
        raise Http404
    data = found[0] if part == "proof" else found[1]
    answer = HttpResponse(data, content_type="text/plain; charset=utf-8")
    answer.headers["Content-Disposition"] = f'attachment; filename="{names[part].name}"'
    return answer


@login_required
@require_GET
def verify(request: HttpRequest) -> HttpResponse:
    """The commands with which anybody checks the log on a machine of his own, and the keys for it."""
    _check(request)
    policy, place = log_state.trust(), log_state.folder()
    try:
        text = place.trust.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError):
        text = ""
    keys = [*(one.vkey for one in policy.logs), *(one.vkey for one in policy.witnesses)] if policy else []
    address = request.build_absolute_uri(PREFIX)
    return _page(
        request,
        "verify",
        {
            "trust": text,
            "keys": [(vkey, fingerprint(vkey)) for vkey in keys],
            "address": address,
            "go": GO.format(address=address, vkey=keys[0]) if keys else "",
            "published": publication.published_size(place),
        },
    )
