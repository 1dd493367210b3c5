"""A simulated day of invitations: many, through failing ways, with workers that die. Synthetic.

Used small by a test and large by ``python -m benchmarks.invitations``.
"""

import random
from collections import Counter
from datetime import UTC, date, datetime, timedelta
from uuid import UUID

from hengjian.policy.folder import PolicyFolder
from hengjian.proof.blind_keys import SecretKey
from hengjian.ratings.invitations.channels import Message, NotDelivered, Unclear
from hengjian.ratings.invitations.delivery import AT_ONCE, LEASE, Post
from hengjian.ratings.invitations.jobs import run
from hengjian.ratings.invitations.models import Contact, Delivery, Ending, Invitation
from hengjian.ratings.invitations.operations import Office, admit_events
from hengjian.ratings.invitations.secrets_file import RoomSecret
from hengjian.ratings.invitations.sheet import EventDraft
from hengjian.ratings.invitations.timing import Hours

START = datetime(2026, 6, 19, 16, 0, tzinfo=UTC)  # midnight in Shanghai
DAY = date(2026, 6, 20)
STEP = timedelta(minutes=5)
SECRET = RoomSecret(b"a secret for tests only, 32 byte")


class Killed(BaseException):
    """The worker dies here, as by kill -9: nothing after this line is done."""


class FlakyWay:
    """A way that fails as drawn: away for hours, too busy, refusing, silent, fatal to the worker."""

    def __init__(self, seed: int, death: float, *, answers: bool) -> None:
        self.draw, self.death, self.answers = random.Random(seed), death, answers
        self.taken: Counter[str] = Counter()
        self.ids: set[UUID] = set()
        self.hour = 0
        self.deaths = 0

    def send(self, message: Message) -> None:
        """Take it, or not, or say nothing."""
        chance = self.draw.random()
        if self.hour in {10, 11, 15}:
            raise NotDelivered("away")
        if chance < 0.03:
            raise NotDelivered("busy")
        if chance < 0.04:
            raise NotDelivered("nobody", final=True)
        if chance > 1 - self.death:  # before it is taken
            self.deaths += 1
            raise Killed
        self.taken[message.contact] += 1
        self.ids.add(message.id)
        if chance > 1 - 2 * self.death:  # after it is taken
            self.deaths += 1
            raise Killed
        if chance > 0.998 - 2 * self.death:
            raise Unclear("silent")

    def known(self, attempt: UUID) -> bool | None:
        """Only a gateway can tell."""
        return attempt in self.ids if self.answers else None

    def close(self) -> None:
        """Nothing is open."""


def people() -> None:
    """Two officials on their posts in one town."""
    from hengjian.roster.models import Official, Organisation, Post, Tenure

    home = Organisation.objects.create(
        code="330100", name="云溪镇人民政府", short_name="云溪镇", level="township", path="/330100/",
        since=date(2020, 1, 1),
    )  # fmt: skip
    for official, post in (("G1", "S1"), ("G2", "S2")):
        person = Official.objects.create(code=official, name=f"姓名{official}", sort_key=official)
        held = Post.objects.create(
            code=post, title=f"窗口{post}", organisation=home, category="middle", level="township",
            public_facing=True, single_holder=True, since=date(2020, 1, 1),
        )  # fmt: skip
        Tenure.objects.create(official=person, post=held, single_holder=True, since=date(2024, 1, 1))


def admitted(size: int, policy: PolicyFolder, keys: list[SecretKey]) -> None:
    """So many events by the hour of a day, half by e-mail, half by text message."""
    pool = iter(keys)
    for hour in range(24):
        now = START + timedelta(hours=hour)
        office = Office("合成数据", now, policy, SECRET, frozenset({"sim"}), lambda: next(pool))
        drafts = [
            EventDraft(
                "sim", str(i), "approval", DAY, "330100", "G1", "S1", "email" if i % 2 else "sms",
                address=f"p{i}@example.test" if i % 2 else f"1{i:010}", person=str(i),
            )
            for i in range(size * hour // 24, size * (hour + 1) // 24)
        ]  # fmt: skip
        admit_events(drafts, office, source=f"合成数据 {hour}")


def delivered(
    policy: PolicyFolder,
    death: float = 0.0002,
    step: timedelta = STEP,
    seed: int = 7,
    at_once: int = AT_ONCE,
) -> tuple[Counter[str], dict[str, FlakyWay]]:
    """Run the job at every step for two days; after a death the next one goes on."""
    ways = {"email": FlakyWay(seed, death, answers=False), "sms": FlakyWay(seed + 1, death, answers=True)}
    post = Post("https://rate.test", ways, Hours.of(policy.in_force(DAY)), SECRET, at_once)
    said: Counter[str] = Counter()
    now = START
    while now < START + timedelta(hours=48) + LEASE:
        for way in ways.values():
            way.hour = (now - START) // timedelta(hours=1)
        try:
            said += run(now, 10_000_000, post)
        except Killed:
            continue
        now += step
    return said, ways


def faults(ways: dict[str, FlakyWay]) -> list[str]:
    """What is not as promised: sent twice, neither sent nor listed, too late, address kept."""
    sent = Counter(Delivery.objects.filter(sent=True).values_list("attempt__invitation", flat=True))
    listed = set(Ending.objects.values_list("pk", flat=True))
    known = dict(Invitation.objects.values_list("pk", "deadline"))
    found = [
        f"{contact} was taken twice" for way in ways.values() for contact, n in way.taken.items() if n > 1
    ]
    found += [f"{pk} counted as sent twice" for pk, n in sent.items() if n > 1]
    found += [f"{pk} neither sent nor listed" for pk in known if pk not in sent and pk not in listed]
    found += [f"{pk} both" for pk in listed if pk in sent]
    late = Delivery.objects.filter(sent=True).values_list("attempt__invitation", "attempt__at")
    found += [f"{pk} too late" for pk, at in late if at > known[pk]]
    quiet = Hours(21, 8, timedelta(hours=24)).quiet
    found += [f"{pk} at night" for pk, at in late if quiet(at)]
    kept = Contact.objects.exclude(sealed=b"").count()
    return found + ([f"{kept} addresses kept"] if kept else [])
