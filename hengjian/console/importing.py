"""Spreadsheets that the office fills in: what there is, what a file would do, taking it in.

An upload waits in the data folder, outside the web root, until the person who brought it has seen what it
would do; it is deleted when it is taken in or dropped, and after an hour.
"""

import secrets
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

from django.conf import settings
from django.contrib.sessions.backends.base import SessionBase
from django.core.files.uploadedfile import UploadedFile
from django.http import HttpRequest
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from hengjian.console import laws
from hengjian.console.rights import today
from hengjian.console.writing import names_of
from hengjian.evidence import desk
from hengjian.evidence.operations import Rules
from hengjian.evidence.queries import units_of
from hengjian.policy import Policy
from hengjian.ratings.invitations import operations as events
from hengjian.ratings.invitations import trying
from hengjian.ratings.invitations.secrets_file import room_secret
from hengjian.ratings.invitations.sheet import LAYOUT
from hengjian.ratings.invitations.systems import systems
from hengjian.roster import exports, operations, outlines
from hengjian.roster.layout import Vocabulary
from hengjian.roster.sheets.report import RefusedCell, letter
from hengjian.terms.errors import Refused

KEY = "hengjian_import"
POLICY = "seed"
LONGEST = timedelta(hours=1)
MOST_BYTES = 20_000_000
ENDINGS = (".xlsx", ".csv", ".zip", ".geojson", ".json")


@dataclass(frozen=True)
class Outcome:
    """What a file does: counts by what becomes of the rows, and every refused cell."""

    counts: tuple[tuple[str, int], ...]
    refused: tuple[RefusedCell, ...]
    notes: tuple[str, ...] = ()


@dataclass(frozen=True)
class Kind:
    """One spreadsheet: its name, what it is for, its template, how it is taken in."""

    code: str
    name: Promise
    note: Promise
    template: Callable[[], bytes]
    take: Callable[[Path, str, bool], Outcome]
    form: str = "xlsx"


@dataclass(frozen=True)
class Held:
    """An upload that waits for its word."""

    kind: Kind
    path: Path
    name: str


# --- the kinds -------------------------------------------------------------------------------------
def _policy() -> Policy:
    return laws.files_of(POLICY).in_force(today())


def _roster(path: Path, by: str, check_only: bool) -> Outcome:
    words = Vocabulary.of(_policy())
    now = timezone.now()
    report = operations.import_upload(
        path.read_bytes(), _plain(path), by=by, now=now, words=words, check_only=check_only
    )
    named = {"new": _("新增"), "changed": _("变更"), "same": _("不变")}
    counts = [(named[how], sum(one[how] for one in report.counts.values())) for how in named]
    return Outcome(tuple(counts), report.refused)


def _facts(kind: str) -> Callable[[Path, str, bool], Outcome]:
    def take(path: Path, by: str, check_only: bool) -> Outcome:
        policy = _policy()
        rules = Rules(policy.calendar(), units_of(policy))
        trial = desk.take(kind, path, by=by, now=timezone.now(), rules=rules, check_only=check_only)
        got = trial.receipt
        counts = (
            (_("接收"), got.admitted),
            (_("其中更正已有记录"), got.superseding),
            (_("已有，不再接收"), got.known),
        )
        return Outcome(counts, trial.refused)

    return take


def _events(path: Path, by: str, check_only: bool) -> Outcome:
    known = frozenset(one.code for one in systems())
    office = events.Office(by, timezone.now(), laws.files_of(POLICY), room_secret(settings.DATA), known)
    trial = trying.try_events(path, office)
    columns = {one.title: letter(n) for n, one in enumerate(LAYOUT.columns)}
    refused = tuple(
        RefusedCell(
            LAYOUT.title, row, columns.get(why.column, ""), why.column, "", why.what, why.do, why.code
        )
        for row, why in trial.report
    )
    if refused or check_only:
        return Outcome(((_("可接收"), trial.read - len({row for row, _why in trial.report})),), refused)
    got = events.import_events(path, office)
    counts = (_("接收"), got.admitted), (_("以前已接收"), got.repeated), (_("转入待核"), got.refused)
    return Outcome(counts, ())


def _outlines(path: Path, by: str, check_only: bool) -> Outcome:
    found = outlines.read(path.read_bytes(), today())
    if not check_only and not found.refused:
        name = f"{_('区划地图')}{path.suffix}"
        outlines.keep(found, name, by=by, now=timezone.now(), synthetic=False)
    strange = _("没有相符的区划代码，不收：%s") % names_of(
        f"{name or '—'}（{code or '—'}）" for code, name in found.strange
    )
    without = _("名册中有、图中没有：%s") % names_of(row.name for row in found.without)
    counts = (
        (_("接收的图形"), len(found.shapes)),
        (_("没有相符代码的图形"), len(found.strange)),
        (_("没有图形的县区、乡镇"), len(found.without)),
    )
    notes = (*((strange,) if found.strange else ()), *((without,) if found.without else ()))
    return Outcome(counts, found.refused, notes)


def _roster_template() -> bytes:
    return exports.template(Vocabulary.of(_policy()))


KINDS: Mapping[str, Kind] = {
    one.code: one
    for one in (
        Kind(
            "roster", gettext_lazy("名册"),
            gettext_lazy("机构、区划类型、岗位、干部、任职五张表；只填有变动的行即可。"),
            _roster_template, _roster,
        ),
        Kind(
            "metric", gettext_lazy("指标值"),
            gettext_lazy("各单位各期间的指标数值；同一单位、指标、期间再报，以新值更正旧值，旧值留存。"),
            lambda: desk.template("metric"), _facts("metric"),
        ),
        Kind(
            "case", gettext_lazy("工单办理"),
            gettext_lazy("热线、信访等工单的受理、期限、办结；不填内容和当事人。"),
            lambda: desk.template("case"), _facts("case"),
        ),
        Kind(
            "events", gettext_lazy("办事事项"),
            gettext_lazy("窗口办结的事项，接收后向当事人发出评价邀请；联系方式只用于发送。"),
            trying.template, _events,
        ),
        Kind(
            "outlines", gettext_lazy("区划地图"),
            gettext_lazy("县区、乡镇界线的 GeoJSON（经纬度），按区划代码对应；只用于看板画图，以新代旧。"),
            lambda: outlines.template(today()), _outlines, "geojson",
        ),
    )
}  # fmt: skip


# --- uploads ---------------------------------------------------------------------------------------
def keep(request: HttpRequest, code: str, upload: "UploadedFile[Any] | None") -> str:
    """Keep an upload of this session until its word; its token.

    Raises: Refused for no file, one too big, one of another kind by its ending.
    """
    if code not in KINDS or upload is None:
        raise Refused(_("没有选择文件"), do=_("请选择填好的表"), code="console.no_file")
    name = Path(upload.name or "").name[:120]
    if Path(name).suffix.lower() not in ENDINGS:
        what = _("只接收 .xlsx、.csv、.zip 或 .geojson")
        raise Refused(what, do=_("请用下载的模板填写"), code="console.file_kind")
    if (upload.size or 0) > MOST_BYTES:
        raise Refused(_("文件超过 20 MB"), do=_("请分成几份"), code="console.file_size")
    drop(request.session)
    token, folder = secrets.token_hex(16), _folder()
    path = folder / f"{token}{Path(name).suffix.lower()}"
    path.touch(mode=0o600)
    with path.open("wb") as out:
        for chunk in upload.chunks():
            out.write(chunk)
    request.session[KEY] = {"token": token, "kind": code, "name": name}
    return token


def held(request: HttpRequest, token: str) -> Held | None:
    """The upload that this session keeps under the token."""
    kept = request.session.get(KEY) or {}
    if not kept or not secrets.compare_digest(kept["token"], token):
        return None
    path = _folder() / f"{token}{Path(kept['name']).suffix.lower()}"
    return Held(KINDS[kept["kind"]], path, kept["name"]) if path.is_file() else None


def drop(session: SessionBase) -> None:
    """Delete what this session keeps."""
    kept = session.pop(KEY, None)
    if kept:
        (_folder() / f"{kept['token']}{Path(kept['name']).suffix.lower()}").unlink(missing_ok=True)


def _folder() -> Path:
    """The folder of waiting uploads; what waits longer than an hour is deleted."""
    folder = Path(settings.DATA) / "uploads"
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    oldest = (timezone.now() - LONGEST).timestamp()
    for path in folder.iterdir():
        if path.stat().st_mtime < oldest:
            path.unlink(missing_ok=True)
    return folder


def _plain(path: Path) -> str:
    """The name of a file for messages: its own stands on the page."""
    return f"{_('名册')}{path.suffix}"


def offered() -> Sequence[Kind]:
    """All kinds, in the order of the page."""
    return tuple(KINDS.values())
