"""What the worker does with the outbox: sends what is due, notes what came of it, empties what has served.

At least once: a notice is sent first and noted after, and carries the same number at every try, by which the
receiver knows it again. Killed in between, it is due still and is sent again. One worker does it at a time
(:mod:`hengjian.clockwork`). Subscribers are served side by side, each by one notice after the other; one that
does not answer holds up nobody else, and after a failure waits for the next round.
"""

from collections import Counter
from collections.abc import Callable, Collection
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from django.db import transaction

from hengjian.exchange import signing
from hengjian.exchange.models import Happening, Push, PushState, Subscription
from hengjian.exchange.sending import Answer, Letter, send
from hengjian.exchange.subscriptions import Sealer, ended, keys_at, serves
from hengjian.notary.recording import day_of
from hengjian.terms.errors import HengjianError

AT_ONCE = 16  # subscribers
A_ROUND = 50  # notices of one subscriber
SECONDS = 10.0  # for one answer
PAUSES = tuple(timedelta(minutes=m) for m in (1, 5, 30, 120, 300, 600, 840, 1200, 1440))
UNGRANTED = "push.grant"
KEPT = timedelta(days=90)


@dataclass(frozen=True)
class Office:
    """What sending needs: what opens secrets, the hosts of the configuration, the time, the patience."""

    sealer: Sealer
    named: Collection[str]
    clock: Callable[[], datetime]
    seconds: float = SECONDS


def run(now: datetime, office: Office) -> Counter[str]:
    """One round; what became of it, counted.

    Clause: SPEC F4
    """
    forget(now)
    round_ = _Round(office)
    due = Push.objects.filter(state=PushState.WAITING, next_at__lte=now)
    subscribers = list(due.order_by().values_list("subscription", flat=True).distinct())
    with ThreadPoolExecutor(AT_ONCE) as pool:
        for one in subscribers:
            rows = due.filter(subscription=one).order_by("next_at", "pk")[:A_ROUND]
            round_.queues[one] = list(rows.values_list("pk", flat=True))
            round_.next_of(one, pool)
        while round_.flying:
            for done in wait(round_.flying, return_when=FIRST_COMPLETED).done:
                round_.landed(done, pool)
    return round_.said


@dataclass
class _Round:
    """Who is being served, by what, and what waits behind it."""

    office: Office
    queues: dict[int, list[int]] = field(default_factory=dict)
    flying: dict[Future[Answer], Push] = field(default_factory=dict)
    said: Counter[str] = field(default_factory=Counter)

    def next_of(self, subscriber: int, pool: ThreadPoolExecutor) -> None:
        """Send the next notice of a subscriber, passing over what is not to be sent any more."""
        rows = Push.objects.select_related("happening", "subscription__account", "subscription__ending")
        while self.queues[subscriber]:
            push = rows.filter(pk=self.queues[subscriber].pop(0), state=PushState.WAITING).first()
            if push is None:
                continue
            now = self.office.clock()
            if not serves(push.subscription, push.happening.kind, day_of(now)):
                self._settle(push, PushState.STOPPED, UNGRANTED, now)
                continue
            try:
                letter = self._letter(push, now)
            except HengjianError as fault:  # another secret file: the list says so, the others go out
                self._noted(push, Answer(fault.code), now)
            else:
                self.flying[pool.submit(send, letter)] = push
            return

    def landed(self, done: "Future[Answer]", pool: ThreadPoolExecutor) -> None:
        """Note what came of one notice; the next of the same subscriber only if it was taken."""
        push, answer = self.flying.pop(done), done.result()
        self._noted(push, answer, self.office.clock())
        if answer.taken:
            self.next_of(push.subscription_id, pool)

    def _noted(self, push: Push, answer: Answer, now: datetime) -> None:
        if answer.taken:
            self._settle(push, PushState.DELIVERED, answer.code, now)
        elif answer.gone:
            self._gone(push, answer, now)
        elif push.tries >= len(PAUSES):
            self._settle(push, PushState.FAILED, answer.code, now)
        else:
            self._settle(push, PushState.WAITING, answer.code, now, now + PAUSES[push.tries])

    def _letter(self, push: Push, now: datetime) -> Letter:
        body = signing.body_of(push.happening)
        keys = keys_at(push.subscription, self.office.sealer, now)
        headers = signing.signed(signing.id_of(push.happening), now, body, keys)
        return Letter(push.subscription.url, headers, body, self.office.named, self.office.seconds)

    def _gone(self, push: Push, answer: Answer, now: datetime) -> None:
        with transaction.atomic():
            self._settle(push, PushState.STOPPED, answer.code, now)
            ended(push.subscription, "接收方答复 410：不再接收", None, now)

    def _settle(
        self, push: Push, state: PushState, code: str, now: datetime, next_at: datetime | None = None
    ) -> None:
        tries = push.tries + (code != UNGRANTED)
        row = Push.objects.filter(pk=push.pk, state=PushState.WAITING)
        row.update(state=state, code=code[:40], tried_at=now, next_at=next_at, tries=tries)
        self.said[state] += 1


def forget(now: datetime) -> None:
    """Remove happenings whose every notice is settled and older than the time for which they are kept."""
    old = Happening.objects.filter(at__lt=now - KEPT)
    old.exclude(pushes__state=PushState.WAITING).delete()


def is_used() -> bool:
    """Whether anybody ever subscribed."""
    return Subscription.objects.exists()
