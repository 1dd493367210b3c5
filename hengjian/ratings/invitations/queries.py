"""What others may read of invitations: the funnel without small cells, the list of failures, key proofs."""

import base64
import uuid
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, Literal

from django.db.models import Count, F, Max, Min, Q, QuerySet

from hengjian.notary.queries import EntryProof, proof_of
from hengjian.policy.policy import Policy
from hengjian.proof.blind_keys import VARIANTS, PublicKey
from hengjian.ratings.invitations.issuing import slot_of
from hengjian.ratings.invitations.models import (
    Attempt,
    ChannelName,
    Contact,
    Delivery,
    Ending,
    EventBatch,
    Invitation,
    IssuerKey,
    ServiceEvent,
)
from hengjian.terms.period import Period

STAGES = ("served", "offered", "sent", "opened", "issued")
By = Literal["unit", "channel"]


@dataclass(frozen=True)
class Step:
    """One row of the funnel; None where the number is too small to show, or would give one away."""

    name: str
    served: int | None
    offered: int | None
    sent: int | None
    opened: int | None
    issued: int | None

    def counts(self) -> tuple[int | None, ...]:
        """The numbers in the order of the stages."""
        return tuple(getattr(self, stage) for stage in STAGES)


@dataclass(frozen=True)
class KeyProof:
    """An issuer's public key, and what shows that it stands in the log."""

    slot: str
    half: str
    variant: str
    spki: bytes
    proof: EntryProof | None  # none until the log publishes it


def funnel(since: date, until: date, by: By, rules: Policy) -> list[Step]:
    """Served → offered → sent → opened → token issued, of events of these days (both inside).

    Clause: SPEC B2, NORMS L5
    Policy: ratings.smallest_cell
    """
    name = "event__unit_title" if by == "unit" else "channel"
    handled = Invitation.objects.filter(event__on__gte=since, event__on__lte=until).values(name)
    sent = Attempt.objects.filter(delivery__sent=True)
    rows = handled.annotate(
        served=Count("pk", distinct=True),
        offered=Count("pk", distinct=True, filter=_offered()),
        sent=Count("pk", distinct=True, filter=Q(pk__in=sent.values("invitation"))),
        opened=Count("opening", distinct=True),
        issued=Count("issue", distinct=True),
    ).order_by(name)
    counts = {str(row[name]): tuple(int(row[stage]) for stage in STAGES) for row in rows}
    hidden = without_small_cells(counts, int(rules.number("ratings.smallest_cell")))
    return [Step(unit, *numbers) for unit, numbers in hidden.items()]


def _offered() -> Q:
    return Q(ending__isnull=True) | ~Q(ending__reason__in=["opted_out", "capped", "frequent"])


def without_small_cells(
    counts: Mapping[str, tuple[int, ...]], smallest: int
) -> dict[str, tuple[int | None, ...]]:
    """Hide numbers from 1 to below the smallest, and differences of neighbouring stages so small.

    A column in which exactly one number is hidden loses another one, so that no total gives it away.
    Clause: NORMS L5
    """

    def small(number: int) -> bool:
        return 0 < number < smallest

    hidden: set[tuple[str, int]] = set()
    for name, row in counts.items():
        for at, number in enumerate(row):
            if small(number) or (at > 0 and small(abs(row[at - 1] - number))):
                hidden.add((name, at))
    for at in range(max(map(len, counts.values()), default=0)):
        gone = [name for name in counts if (name, at) in hidden]
        rest = sorted((row[at], name) for name, row in counts.items() if (name, at) not in hidden)
        if len(gone) == 1 and rest:
            hidden.add((rest[0][1], at))
    return {
        name: tuple(None if (name, at) in hidden else number for at, number in enumerate(row))
        for name, row in counts.items()
    }


def failures(since: date, until: date) -> dict[str, dict[str, int]]:
    """How many invitations were listed instead of sent: by channel and reason."""
    found: dict[str, dict[str, int]] = defaultdict(dict)
    rows = (
        Ending.objects.filter(invitation__event__on__gte=since, invitation__event__on__lte=until)
        .values(channel=F("invitation__channel"), why=F("reason"))
        .annotate(count=Count("pk"))
    )
    for row in rows:
        found[row["channel"]][row["why"]] = row["count"]
    return dict(found)


@dataclass(frozen=True)
class Health:
    """How one channel goes: attempts since a moment, and what waits now."""

    channel: str
    sent: int
    failed: int
    waiting: int
    retrying: int
    oldest: datetime | None
    codes: tuple[tuple[str, int], ...]


def health(since: datetime) -> list[Health]:
    """How the channels go, all of them; codes are those of failed attempts, the commonest first."""
    tried: dict[str, Any] = {
        row["invitation__channel"]: row
        for row in Attempt.objects.filter(at__gte=since)
        .values("invitation__channel")
        .annotate(
            sent=Count("pk", filter=Q(delivery__sent=True)),
            failed=Count("pk", filter=Q(delivery__sent=False)),
        )
    }
    waits: dict[str, Any] = {
        row["invitation__channel"]: row
        for row in Contact.objects.filter(next_at__isnull=False)
        .values("invitation__channel")
        .annotate(waiting=Count("pk"), retrying=Count("pk", filter=Q(tries__gt=0)), oldest=Min("next_at"))
    }
    why = _codes(since)
    return [
        Health(
            name, tried.get(name, {}).get("sent", 0), tried.get(name, {}).get("failed", 0),
            waits.get(name, {}).get("waiting", 0), waits.get(name, {}).get("retrying", 0),
            waits.get(name, {}).get("oldest"), tuple(why[name]),
        )
        for name in ChannelName.values
    ]  # fmt: skip


def _codes(since: datetime) -> dict[str, list[tuple[str, int]]]:
    found: dict[str, list[tuple[str, int]]] = defaultdict(list)
    rows = Delivery.objects.filter(attempt__at__gte=since, sent=False)
    counted = rows.values_list("attempt__invitation__channel", "code").annotate(n=Count("pk"))
    for channel, code, count in counted.order_by("-n"):
        found[channel].append((code, count))
    return found


@dataclass(frozen=True)
class Issued:
    """The tokens of one issuer key, of a half-year in which no more can be spent.

    ``persons``: how many different people they went to; ``most``: the most that one of them got.
    """

    key: str  # as the casting side calls it
    official: str
    tokens: int
    assisted: int
    persons: int
    most: int


def issued(half: Period, today: date, rules: Policy) -> list[Issued]:
    """For the audit, by key; nothing while a token of the half-year may still be spent.

    Clause: SPEC B4, NORMS X11
    Policy: ratings.cast_days
    """
    if today <= half.end + timedelta(days=int(rules.number("ratings.cast_days"))):
        return []
    rows = Invitation.objects.filter(key__half=half.text, issue__isnull=False)
    by_person = rows.values_list("key", "channel", "person_key").annotate(n=Count("pk"))
    tokens: dict[uuid.UUID, Counter[str]] = defaultdict(Counter)
    assisted: Counter[uuid.UUID] = Counter()
    for key, channel, person, n in by_person:
        tokens[key][person] += n
        assisted[key] += n if channel == ChannelName.ASSISTED else 0
    keys = IssuerKey.objects.filter(half=half.text).select_related("official").order_by("official__code")
    return [
        Issued(
            _key_id(key), key.official.code, tokens[key.pk].total(), assisted[key.pk], len(tokens[key.pk]),
            max(tokens[key.pk].values(), default=0),
        )
        for key in keys
    ]  # fmt: skip


def persons(half: Period, today: date, rules: Policy) -> int:
    """How many different people got a token of this half-year; none while one may still be spent.

    Clause: NORMS X11
    """
    if today <= half.end + timedelta(days=int(rules.number("ratings.cast_days"))):
        return 0
    rows = Invitation.objects.filter(key__half=half.text, issue__isnull=False)
    return rows.values("person_key").distinct().count()


def _key_id(key: IssuerKey) -> str:
    return PublicKey.parse(base64.b64decode(key.spki), VARIANTS[key.variant]).key_id.hex()


def last_event() -> date | None:
    """The day of the newest event."""
    newest: date | None = ServiceEvent.objects.aggregate(newest=Max("on"))["newest"]
    return newest


def batches() -> QuerySet[EventBatch]:
    """Deliveries of events, the newest first."""
    return EventBatch.objects.order_by("-at")


def key_of(official: str, half: str) -> KeyProof | None:
    """The issuer key of an official's half-year with its place in the log.

    Clause: SPEC B4, SPEC F3
    """
    key = IssuerKey.objects.filter(slot=slot_of(official, half)).first()
    return None if key is None else _proved(key)


def keys_of(half: str) -> Iterable[KeyProof]:
    """All issuer keys of a half-year: two for one slot would be a fraud that anybody can see.

    Clause: SPEC B4
    """
    return (_proved(key) for key in IssuerKey.objects.filter(half=half).order_by("slot"))


def _proved(key: IssuerKey) -> KeyProof:
    spki = base64.b64decode(key.spki)
    proof = proof_of(IssuerKey._meta.label_lower, str(key.pk))
    return KeyProof(key.slot, key.half, key.variant, spki, proof)
