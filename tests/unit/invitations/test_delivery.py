"""Each invitation is sent once, or listed: with a real mail server, a real gateway, and failures of both."""

import os
import signal
import subprocess
import sys
import time
from collections import Counter
from datetime import UTC, datetime, timedelta
from urllib.parse import urlencode

import pytest

from hengjian.ratings.invitations import issuing, operations
from hengjian.ratings.invitations.channels import Message, NotDelivered
from hengjian.ratings.invitations.channels.gateway import GatewayChannel
from hengjian.ratings.invitations.channels.smtp import PLAIN, SmtpChannel
from hengjian.ratings.invitations.delivery import LEASE, deliver_due, settle
from hengjian.ratings.invitations.jobs import forget, run
from hengjian.ratings.invitations.models import Attempt, Contact, Delivery, Ending, Invitation
from tests.unit.invitations.conftest import NOW, reachable
from tests.unit.invitations.servers import Gateway, Mailbox, gateway_server, mail_server

SENDER = "pingjia@city.test"
KEY = b"a key of tests only"


@pytest.fixture(scope="module")
def mail_host():
    with mail_server() as box:
        yield box


@pytest.fixture
def mail(mail_host: Mailbox) -> Mailbox:
    mail_host.mails.clear()
    mail_host.at_recipient.clear()
    mail_host.at_text.clear()
    return mail_host


@pytest.fixture
def gateway():
    with gateway_server(KEY) as made:
        yield made


def smtp(mail: Mailbox) -> SmtpChannel:
    return SmtpChannel("127.0.0.1", mail.port, SENDER, PLAIN, timeout=5)


def sms(gateway: Gateway) -> GatewayChannel:
    return GatewayChannel("sms", gateway.url, "hengjian", KEY, "rate", lambda: NOW, timeout=5)


@pytest.fixture
def admitted(office, draft):
    """Lets events in: so many by e-mail, so many by text message."""

    def _admitted(mails: int = 0, texts: int = 0) -> list:
        drafts = [draft(i) for i in range(mails)]
        drafts += [draft(100 + i, channel="sms", address=f"1380000{i:04}") for i in range(texts)]
        return list(operations.admit_events(drafts, office, source="接口").invited)

    return _admitted


def through_the_day(post, start: datetime = NOW) -> Counter[str]:
    """Run the job at each moment at which something is due, for a day and two hours."""
    said, at, over = Counter(), start, start + timedelta(hours=26)
    while at <= over:
        said += run(at, 1_000, post)
        due = Contact.objects.filter(claimed_at__isnull=True, next_at__gt=at).values_list(
            "next_at", flat=True
        )
        held = Contact.objects.filter(claimed_at__gt=at - LEASE).values_list("claimed_at", flat=True)
        at = min([*due, *(one + LEASE for one in held), over + timedelta(seconds=1)])
    return said


def whole() -> None:
    """Every invitation is sent exactly once or listed; nothing waits, no address is left."""
    sent = Counter(Delivery.objects.filter(sent=True).values_list("attempt__invitation", flat=True))
    listed = set(Ending.objects.values_list("pk", flat=True))
    assert set(sent.values()) <= {1}
    assert set(sent) | listed == set(Invitation.objects.values_list("pk", flat=True))
    assert not set(sent) & listed
    assert not Contact.objects.exclude(sealed=b"").exists()
    deadline = max(Invitation.objects.values_list("deadline", flat=True))
    assert all(at <= deadline for at in Delivery.objects.filter(sent=True).values_list("at", flat=True))


def test_a_mail_arrives_with_a_link_that_opens(admitted, post, mail: Mailbox, room) -> None:
    admitted(mails=3)
    assert deliver_due(NOW, 100, post(email=smtp(mail))) == {"sent": 3}
    assert sorted(address for address, _mail in mail.mails) == [f"Person{i}@example.test" for i in range(3)]
    one = mail.mails[0][1]
    assert one["From"] == SENDER
    assert "姓名" not in one.get_payload(decode=True).decode()
    for link in mail.links():
        address, _hash, secret = link.partition("#")
        assert address == "https://rate.test/r"
        assert issuing.opened(secret, NOW).unit == "云溪镇"
        assert secret not in str(list(Attempt.objects.values()))
    assert deliver_due(NOW, 100, post(email=smtp(mail))) == {}
    whole()


def test_a_refused_mail_is_listed_a_postponed_one_is_tried_again(admitted, post, mail: Mailbox) -> None:
    admitted(mails=3)
    mail.at_recipient["Person0@example.test"] = ["550 nobody here"]
    mail.at_recipient["Person1@example.test"] = ["451 later", "hang up"]
    mail.at_text["Person2@example.test"] = ["452 full"]
    assert deliver_due(NOW, 100, post(email=smtp(mail))) == {"refused": 1, "again": 2}
    assert through_the_day(post(email=smtp(mail)))["sent"] == 2
    assert Counter(address for address, _mail in mail.mails) == {
        "Person1@example.test": 1, "Person2@example.test": 1,
    }  # fmt: skip
    tries = Attempt.objects.filter(
        invitation__in=Invitation.objects.filter(attempts__delivery__code="smtp.recipient.451")
    ).order_by("at")
    pauses = [b.at - a.at for a, b in zip(tries, list(tries)[1:], strict=False)]
    assert pauses == [timedelta(minutes=5), timedelta(minutes=10)]
    whole()


def test_an_address_that_no_mail_server_can_be_told_harms_no_other(
    admitted, post, mail: Mailbox, room
) -> None:
    """Systems of record hold addresses with a full-width dot; the round goes on with the others."""
    wrong = Invitation.objects.get(pk=admitted(mails=3)[1])
    sealed = room.seal("to:Person1@example。test", str(wrong.pk))
    Contact.objects.filter(pk=wrong.pk).update(sealed=sealed)
    assert deliver_due(NOW, 100, post(email=smtp(mail))) == {"refused": 1, "sent": 2}
    assert Delivery.objects.get(attempt__invitation=wrong).code == "smtp.address"
    whole()


class Broken:
    """A way whose program has a fault that shows with one message of a round."""

    answers = False

    def __init__(self) -> None:
        self.seen: list[str] = []

    def send(self, message) -> None:
        self.seen.append(message.address)
        if len(self.seen) == 2:
            raise ZeroDivisionError(message.address)

    def known(self, attempt) -> None: ...

    def close(self) -> None: ...


def test_a_fault_of_one_message_leaves_the_round_whole_and_names_nobody(admitted, post, caplog) -> None:
    admitted(mails=3)
    broken = Broken()
    assert deliver_due(NOW, 100, post(email=broken)) == {"sent": 2, "uncertain": 1}
    assert "ZeroDivisionError" in caplog.text
    assert not any(address in caplog.text for address in broken.seen)
    whole()


def test_a_lost_answer_of_a_mail_server_is_listed_not_repeated(admitted, post, mail: Mailbox) -> None:
    admitted(mails=2)
    mail.at_text["Person0@example.test"] = ["take and hang up"]
    assert deliver_due(NOW, 100, post(email=smtp(mail))) == {"uncertain": 1, "sent": 1}
    through_the_day(post(email=smtp(mail)))
    assert len(mail.mails) == 2
    whole()


def test_a_server_that_is_away_all_day(admitted, post, mail: Mailbox) -> None:
    admitted(mails=1)
    away = SmtpChannel("127.0.0.1", 1, SENDER, PLAIN, timeout=1)
    said = through_the_day(post(email=away))
    assert said["late"] == 1
    assert 5 < said["again"] < 15
    whole()


def test_a_way_that_is_not_set_up_is_listed_in_the_end(admitted, post) -> None:
    admitted(texts=1)
    assert through_the_day(post())["late"] == 1
    assert set(Delivery.objects.values_list("code", flat=True)) == {"channel.missing"}
    whole()


def test_the_gateway_gets_signed_requests(admitted, post, gateway: Gateway) -> None:
    admitted(texts=2)
    assert deliver_due(NOW, 100, post(sms=sms(gateway))) == {"sent": 2}
    assert sorted(one["to"] for one in gateway.book.values()) == ["13800000000", "13800000001"]
    wrong = GatewayChannel("sms", gateway.url, "hengjian", b"another key", "rate", lambda: NOW)
    one = next(iter(gateway.book))
    with pytest.raises(NotDelivered, match=r"gateway\.401"):
        wrong.send(Message(one, "to:1", "l", "k", "u", NOW.date(), NOW.date()))
    wrong.close()


def test_a_reference_goes_to_the_gateway_as_it_is(office, draft, post, gateway: Gateway) -> None:
    row = draft(1, channel="wechat", address="", reference="cust-77")
    operations.admit_events([row], office, source="接口")
    way = GatewayChannel("wechat", gateway.url, "hengjian", KEY, "rate-wx", lambda: NOW)
    assert deliver_due(NOW, 100, post(wechat=way)) == {"sent": 1}
    (taken,) = gateway.book.values()
    assert (taken["to_ref"], taken["channel"], taken.get("to")) == ("cust-77", "wechat", None)


def test_what_the_gateway_lost_is_sent_again_what_it_took_is_not(admitted, post, gateway: Gateway) -> None:
    admitted(texts=5)
    gateway.faults = {
        "13800000000": ["lose", "500"],
        "13800000001": ["take and hang up"],
        "13800000002": ["422"],
        "13800000003": ["429", "503", "lose"],
    }
    through_the_day(post(sms=sms(gateway)))
    assert Counter(one["to"] for one in gateway.book.values()) == dict.fromkeys(
        ["13800000000", "13800000001", "13800000003", "13800000004"], 1
    )
    assert list(Ending.objects.values_list("reason", flat=True)) == ["refused"]
    whole()


def test_a_silent_gateway_is_asked_again_later(admitted, post, gateway: Gateway) -> None:
    admitted(texts=2)
    gateway.faults = {"13800000000": ["take and hang up"], "13800000001": ["lose"]}
    gateway.deaf = True
    assert deliver_due(NOW, 100, post(sms=sms(gateway))) == {"unclear": 2}
    assert settle(NOW + LEASE, post(sms=sms(gateway))) == {}
    gateway.deaf = False
    assert settle(NOW + LEASE, post(sms=sms(gateway))) == {"sent": 1, "again": 1}
    through_the_day(post(sms=sms(gateway)), NOW + LEASE)
    assert len(gateway.book) == 2
    whole()


def test_quiet_hours_are_kept(office, draft, post, mail: Mailbox) -> None:
    from dataclasses import replace

    night = datetime(2026, 6, 20, 14, 30, tzinfo=UTC)  # 22:30
    operations.admit_events([draft()], replace(office, now=night), source="接口")
    for hour in range(9):
        assert deliver_due(night + timedelta(hours=hour), 10, post(email=smtp(mail))) == {}
    assert deliver_due(night + timedelta(hours=9, minutes=30), 10, post(email=smtp(mail))) == {"sent": 1}
    whole()


def test_who_opts_out_before_the_sending_gets_nothing(admitted, post, mail: Mailbox, room) -> None:
    from hengjian.ratings.invitations.models import OptOut

    (number,) = admitted(mails=1)
    OptOut.objects.create(address_key=Contact.objects.get(pk=number).address_key, on=NOW.date())
    assert deliver_due(NOW, 10, post(email=smtp(mail))) == {"opted_out": 1}
    assert mail.mails == []
    whole()


def test_an_address_is_emptied_when_sent_and_forgotten_with_the_link(admitted, post, mail: Mailbox) -> None:
    admitted(mails=1)
    assert Contact.objects.exclude(sealed=b"").count() == 1
    deliver_due(NOW, 10, post(email=smtp(mail)))
    assert (Contact.objects.exclude(sealed=b"").count(), Contact.objects.count()) == (0, 1)
    assert forget(NOW + timedelta(days=14)) == 0
    assert forget(NOW + timedelta(days=15)) == 1


def test_contacts_of_another_secret_are_listed(admitted, post, mail: Mailbox) -> None:
    from dataclasses import replace

    from hengjian.ratings.invitations.secrets_file import RoomSecret

    admitted(mails=1)
    other = replace(post(email=smtp(mail)), secret=RoomSecret(bytes(32)))
    assert deliver_due(NOW, 10, other) == {"unreadable": 1}
    whole()


WORKER = """
import sys
from datetime import UTC, datetime, timedelta
import django
django.setup()
from hengjian.ratings.invitations.channels.smtp import PLAIN, SmtpChannel
from hengjian.ratings.invitations.delivery import Post, deliver_due
from hengjian.ratings.invitations.secrets_file import RoomSecret
from hengjian.ratings.invitations.timing import Hours
way = SmtpChannel("127.0.0.1", int(sys.argv[1]), "pingjia@city.test", PLAIN, timeout=5)
post = Post("https://rate.test", {"email": way}, Hours(21, 8, timedelta(hours=24)),
            RoomSecret(bytes.fromhex(sys.argv[3])), 10)
deliver_due(datetime.fromisoformat(sys.argv[2]), 1_000, post)
"""


def test_killed_workers_send_nothing_twice(database: str, admitted, post, mail: Mailbox, room) -> None:
    admitted(mails=80)
    mail.pause = 0.02
    env = os.environ | {"DATABASE_URL": f"postgresql:///{database}?{urlencode(reachable())}"}
    arguments = [sys.executable, "-c", WORKER, str(mail.port), NOW.isoformat(), room.value.hex()]
    try:
        for round_ in range(2):  # two at once, killed at work
            workers = [subprocess.Popen(arguments, env=env) for _ in range(2)]
            before, patience = len(mail.mails), time.monotonic() + 60
            while len(mail.mails) < before + 8 + round_ and time.monotonic() < patience:
                time.sleep(0.005)
                assert any(worker.poll() is None for worker in workers)
            for worker in workers:
                worker.send_signal(signal.SIGKILL)
                worker.wait()
    finally:
        mail.pause = 0.0
    assert 15 < len(mail.mails) < 80, "they were killed at work"
    stranded = Contact.objects.filter(claimed_at__isnull=False).count()
    assert stranded
    through_the_day(post(email=smtp(mail)))
    assert set(Counter(address for address, _mail in mail.mails).values()) == {1}
    assert Ending.objects.filter(reason="uncertain").count() == stranded
    assert Delivery.objects.filter(sent=True).count() == 80 - stranded
    whole()


def test_a_day_with_failures(people, seed, keys) -> None:
    """The small one of ``benchmarks.invitations``."""
    from tests import sample_day

    sample_day.admitted(3_000, seed, keys)
    ways = sample_day.delivered(seed, death=0.005, step=timedelta(minutes=20))[1]
    assert sample_day.faults(ways) == []
    reasons = Counter(Ending.objects.values_list("reason", flat=True))
    assert reasons["uncertain"] > 0
    assert reasons["refused"] > 0
    assert Delivery.objects.filter(sent=True).count() == 3_000 - sum(reasons.values()) > 2_000
    assert sum(way.deaths for way in ways.values()) > 0
