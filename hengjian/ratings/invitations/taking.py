"""Rows of events that fit become events, invitations, and contacts that wait; by chunks.

Called by the door (``operations.admit_events``) inside its transaction and under its lock, so that the
counts behind the caps stand still meanwhile.
"""

import uuid
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta

from django.utils.translation import gettext as _

from hengjian.notary.recording import day_of
from hengjian.policy.policy import Policy
from hengjian.ratings.invitations.checks import Context, Held, judged
from hengjian.ratings.invitations.issuing import half_of
from hengjian.ratings.invitations.models import (
    HANDED,
    UNSENT,
    Contact,
    Ending,
    EndReason,
    Invitation,
    IssuerKey,
    OptOut,
    ServiceEvent,
)
from hengjian.ratings.invitations.secrets_file import RoomSecret
from hengjian.ratings.invitations.sheet import EventDraft, EventRow, Reason
from hengjian.ratings.invitations.timing import Hours
from hengjian.terms.period import Period

WEEK = timedelta(days=7)
CAST = "ratings.cast_days"
Numbered = tuple[int, EventDraft]
Key = tuple[str, str]


def sorted_out(rows: Sequence[EventRow], context: Context) -> tuple[list[Numbered], list[EventRow]]:
    """The rows that fit, and those that wait with their reasons."""
    good: list[Numbered] = []
    bad: list[EventRow] = []
    for row in rows:
        reasons = row.reasons if row.draft is None else judged(row.draft, context)
        if reasons or row.draft is None:
            bad.append(EventRow(row.number, row.raw, None, reasons))
        else:
            good.append((row.number, row.draft))
    return good, bad


@dataclass
class Taking:
    """One delivery on its way in, and what it has made so far."""

    batch: uuid.UUID
    context: Context
    secret: RoomSecret
    now: datetime
    keys: dict[Key, IssuerKey]
    refused: list[EventRow]
    repeated: int = 0
    invited: list[uuid.UUID] = field(default_factory=list)
    events: list[uuid.UUID] = field(default_factory=list)

    @property
    def rules(self) -> Policy:
        """The policy in force today."""
        return self.context.rules(self.context.today)

    def take(self, chunk: Sequence[Numbered]) -> None:
        """Let a chunk of rows in.

        Clause: SPEC B2, NORMS X14
        """
        found = {(one.source, one.external): one for one in _standing(chunk)}
        fresh: list[ServiceEvent] = []
        meant: list[tuple[EventDraft, ServiceEvent]] = []
        for number, draft in chunk:
            held = self.context.held(draft)
            if held is None:
                raise AssertionError("judged before")
            made = self._event(draft, held)
            event = found.setdefault((draft.source, draft.external), made)
            if event is made:
                fresh.append(made)
            elif not _same(event, made):
                self.refused.append(EventRow(number, draft.raw(), None, (_contradicts(),)))
                continue
            meant.append((draft, event))
        ServiceEvent.objects.bulk_create(fresh)
        self.events += [event.pk for event in fresh]
        self._invite(meant)

    def _event(self, draft: EventDraft, held: Held) -> ServiceEvent:
        return ServiceEvent(
            batch_id=self.batch, source=draft.source, external=draft.external, kind=draft.kind, on=draft.on,
            organisation_id=held.organisation, official_id=held.official, post_id=held.post,
            unit_title=held.unit, post_title=held.title, confirmed_by=draft.confirmed_by,
        )  # fmt: skip

    def _invite(self, meant: Sequence[tuple[EventDraft, ServiceEvent]]) -> None:
        hours, rules = Hours.of(self.rules), self.rules
        drafted: list[tuple[EventDraft, Invitation]] = []
        for draft, event in meant:
            half = half_of(draft.on)
            invitation = Invitation(
                event=event, key=self.keys[draft.official, half], channel=draft.channel,
                person_key=self.secret.person_key(draft.who, half), offered_at=self.now,
                deadline=hours.deadline(self.now), expires_on=expires_on(half, self.context.today, rules),
            )  # fmt: skip
            drafted.append((draft, invitation))
        new = self._once(drafted)
        ends = self._ends(new)
        Invitation.objects.bulk_create([invitation for _draft, invitation in new])
        Ending.objects.bulk_create(
            [Ending(invitation_id=pk, reason=reason, at=self.now) for pk, reason in ends.items()]
        )
        waiting = [(d, i) for d, i in new if i.pk not in ends and d.channel not in HANDED]
        Contact.objects.bulk_create([self._contact(draft, i, hours) for draft, i in waiting])
        self.invited += [invitation.pk for _draft, invitation in new]

    def _once(self, drafted: Sequence[tuple[EventDraft, Invitation]]) -> list[tuple[EventDraft, Invitation]]:
        """Each person once an event; the rest is counted as repeated."""
        events = {invitation.event_id for _draft, invitation in drafted}
        standing = Invitation.objects.filter(event__in=events)
        seen: set[tuple[uuid.UUID, str]] = set(standing.values_list("event_id", "person_key"))
        new = []
        for draft, invitation in drafted:
            if (invitation.event_id, invitation.person_key) in seen:
                self.repeated += 1
                continue
            seen.add((invitation.event_id, invitation.person_key))
            new.append((draft, invitation))
        return new

    def _ends(self, new: Sequence[tuple[EventDraft, Invitation]]) -> dict[uuid.UUID, EndReason]:
        """The invitations that are not sent: opted out, or beyond a cap.

        Clause: NORMS X11, NORMS X14
        Policy: ratings.most_per_rater, ratings.invitations_per_week
        """
        most = int(self.rules.number("ratings.most_per_rater"))
        weekly = int(self.rules.number("ratings.invitations_per_week"))
        official, week = _counted({invitation.person_key for _draft, invitation in new}, self.now)
        addresses = {self._address_key(draft) for draft, _invitation in new if draft.contact}
        out = set(OptOut.objects.filter(pk__in=addresses).values_list("pk", flat=True))
        ends: dict[uuid.UUID, EndReason] = {}
        for draft, invitation in new:
            person, key = invitation.person_key, invitation.key_id
            if draft.contact and self._address_key(draft) in out:
                ends[invitation.pk] = EndReason.OPTED_OUT
            elif official[person, key] >= most:
                ends[invitation.pk] = EndReason.CAPPED
            elif week[person] >= weekly:
                ends[invitation.pk] = EndReason.FREQUENT
            else:
                official[person, key] += 1
                week[person] += 1
        return ends

    def _address_key(self, draft: EventDraft) -> str:
        return self.secret.address_key(draft.contact)

    def _contact(self, draft: EventDraft, invitation: Invitation, hours: Hours) -> Contact:
        return Contact(
            invitation=invitation,
            sealed=self.secret.seal(_whole(draft), str(invitation.pk)),
            address_key=self._address_key(draft),
            next_at=hours.due(self.now),
        )


def expires_on(half: str, today: date, rules: Policy) -> date:
    """The last day of a link: its window, and no longer than a token of the half-year still counts.

    Clause: SPEC B2, NORMS X12
    Policy: ratings.invitation_days
    """
    last = today + timedelta(days=int(rules.number("ratings.invitation_days")))
    if CAST in rules.parameters:
        last = min(last, Period(half).end + timedelta(days=int(rules.number(CAST))))
    return last


def _standing(chunk: Sequence[Numbered]) -> list[ServiceEvent]:
    sources = {draft.source for _number, draft in chunk}
    externals = {draft.external for _number, draft in chunk}
    return list(ServiceEvent.objects.filter(source__in=sources, external__in=externals))


def _same(one: ServiceEvent, other: ServiceEvent) -> bool:
    def said(event: ServiceEvent) -> tuple[str, date, int, int, int]:
        return event.kind, event.on, event.organisation_id, event.official_id, event.post_id

    return said(one) == said(other)


def _contradicts() -> Reason:
    return Reason(
        "events.contradicts",
        _("同一来源编号已有内容不同的事项"),
        _("请核对来源编号；更正请用新编号"),
        "来源编号",
    )


def _counted(persons: set[str], now: datetime) -> tuple[Counter[tuple[str, uuid.UUID]], Counter[str]]:
    """Invitations that count against the caps: by person and key of an official, and of the last week."""
    official: Counter[tuple[str, uuid.UUID]] = Counter()
    week: Counter[str] = Counter()
    standing = Invitation.objects.filter(person_key__in=persons).exclude(ending__reason__in=UNSENT)
    for person, key, at in standing.values_list("person_key", "key_id", "offered_at"):
        official[person, key] += 1
        week[person] += day_of(at) > day_of(now - WEEK)
    return official, week


def _whole(draft: EventDraft) -> str:
    """The address as it was given: mail servers may tell upper from lower case."""
    return f"ref:{draft.reference}" if draft.reference else f"to:{draft.address.strip()}"
