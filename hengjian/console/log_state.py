"""What the pages of the log show of its state, its witnesses and its anchors."""

from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from django.conf import settings

from hengjian.demo.log import ORIGIN
from hengjian.notary import alarms, publication, queries, reconciliation
from hengjian.notary.anchors import config as anchoring
from hengjian.notary.anchors import queries as anchored
from hengjian.notary.folder import Folder, fingerprint, in_data_folder
from hengjian.notary.models import Alarm, Head, WitnessState
from hengjian.notary.sequencing import is_running
from hengjian.proof.errors import ProofError
from hengjian.proof.trust import TrustPolicy, parse
from hengjian.terms.calendar import SHANGHAI
from hengjian.terms.errors import Refused


def folder() -> Folder:
    """The notary's folder."""
    return in_data_folder(settings.DATA)


def trust() -> TrustPolicy | None:
    """The trust file of this installation; None when there is none that can be read."""
    with suppress(OSError, UnicodeDecodeError, ProofError):
        return parse(folder().trust.read_text(encoding="utf-8"))
    return None


def synthetic(policy: TrustPolicy | None) -> bool:
    """Whether this is the demonstration's log, with witnesses that prove nothing."""
    return policy is not None and any(one.key.name == ORIGIN for one in policy.logs)


@dataclass(frozen=True)
class AlarmView:
    """An alarm in words, with what to do."""

    what: str
    do: str
    since: datetime
    until: datetime | None


def alarm_views(rows: Iterable[Alarm]) -> list[AlarmView]:
    """Alarms in the reader's language."""
    return [AlarmView(*alarms.wording(one), one.opened_at, one.closed_at) for one in rows]


@dataclass(frozen=True)
class Quorum:
    """How many witnesses are needed of how many, and whether the newest head has them."""

    needed: int
    of: int
    stands: bool


def quorum(policy: TrustPolicy, head: Head | None) -> Quorum:
    """The outermost rule of the trust file, held against the newest head."""
    group = next((one for one in policy.groups if one.name == policy.quorum), None)
    named = any(one.name == policy.quorum for one in policy.witnesses)
    needed, of = (group.threshold, len(group.members)) if group else (int(named), int(named))
    return Quorum(needed, of, head is not None and policy.satisfied(queries.note_of(head)))


@dataclass(frozen=True)
class Growth:
    """What one day added."""

    on: date
    size: int
    more: int


DAYS = 14


def growth(today: date) -> list[Growth]:
    """The log's size at the end of each of the last days on which it grew."""
    begin = datetime.combine(today - timedelta(days=DAYS - 1), time(), SHANGHAI)
    rows = queries.heads().values_list("size", "at")
    before = rows.filter(at__lt=begin).first()
    last: dict[date, int] = {}
    for size, at in rows.filter(at__gte=begin).order_by("size").iterator():
        last[at.astimezone(SHANGHAI).date()] = size
    found, known = [], before[0] if before else 0
    for on, size in last.items():
        found.append(Growth(on, size, size - known))
        known = size
    return found


@dataclass(frozen=True)
class State:
    """The log as it is now."""

    head: Head
    root: str
    origin: str
    published: int
    cosigned: tuple[str, ...]
    pending: int
    running: bool
    quorum: Quorum | None


def state() -> State | None:
    """The log as it is now; None before its first head."""
    head = queries.heads().first()
    if head is None:
        return None
    policy = trust()
    signed = list(head.signatures.order_by("witness", "id"))
    own = [one.name for one in signed if not one.witness]
    return State(
        head=head,
        root=bytes(head.root).hex(),
        origin=own[0] if own else "",
        published=publication.published_size(folder()),
        cosigned=tuple(dict.fromkeys(one.witness for one in signed if one.witness)),
        pending=queries.pending(),
        running=is_running(),
        quorum=quorum(policy, head) if policy else None,
    )


@dataclass(frozen=True)
class WitnessView:
    """A witness of the trust file with what was last heard of it."""

    name: str
    key_name: str
    key_id: str
    vkey: str
    fingerprint: str
    url: str
    state: WitnessState | None


def witnesses(policy: TrustPolicy) -> list[WitnessView]:
    """The witnesses in the order of the trust file."""
    heard = {one.name: one for one in queries.witnesses()}
    return [
        WitnessView(
            one.name, one.key.name, one.key.key_id.hex(), one.vkey, fingerprint(one.vkey), one.url,
            heard.get(one.name),
        )
        for one in policy.witnesses
    ]  # fmt: skip


@dataclass(frozen=True)
class PlaceView:
    """A place where heads are anchored: how many are due, on their way, and stand."""

    name: str
    kind: str
    url: str
    due: int
    sent: int
    standing: int


def places() -> tuple[list[PlaceView], Refused | None]:
    """The places of anchors.yaml with their counts, and the fault of that file when it has one."""
    try:
        targets = anchoring.load(folder().root)
    except Refused as fault:
        return [], fault
    return [_place(one.name, one.kind, one.url) for one in targets], None


def _place(name: str, kind: str, url: str) -> PlaceView:
    rows = anchored.anchors(name)
    waiting = rows.filter(receipt__isnull=True)
    sent = waiting.filter(attempts__isnull=False).distinct().count()
    standing = rows.filter(receipt__isnull=False).count()
    return PlaceView(name, kind, url, waiting.count() - sent, sent, standing)


def next_reconciliation(now: datetime) -> datetime | None:
    """When the next nightly reconciliation begins; None: it is due now."""
    if reconciliation.due(now):
        return None
    here = now.astimezone(SHANGHAI)
    tonight = datetime.combine(here.date(), reconciliation.NIGHTLY, SHANGHAI)
    return tonight if tonight > here else tonight + timedelta(days=1)
