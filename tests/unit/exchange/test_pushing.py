"""Notices from the outbox, against real servers: signed, once, again after a pause, and to nobody inside."""

import base64
import hashlib
import hmac
import json
import os
import signal
import ssl
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from django.db import transaction

from hengjian.exchange.models import Happening, Kind, Push, PushState, SubscriptionEnd
from tests.own_database import empty_copy, own_database
from tests.unit.exchange.conftest import NOW, accounts, subscribe
from tests.unit.exchange.receiver import Receiver, receiver

MINUTE, DAY = timedelta(minutes=1), timedelta(days=1)


def happen(kind: Kind = Kind.PUBLISHED, subject: str = "2026-h1", now=NOW) -> None:
    from hengjian.exchange.outbox import announce

    with transaction.atomic():
        announce(kind, subject, now)


def sent(office, now=NOW, **more) -> dict[str, int]:
    from hengjian.exchange.jobs import run

    return dict(run(now, office(now, **more)))


def verifies(secret: str, came: tuple[str, dict[str, str], bytes]) -> bool:
    """As the public convention says it, worked out apart from our own code."""
    _path, headers, body = came
    key = base64.b64decode(secret[len("whsec_") :])
    text = headers["webhook-id"].encode() + b"." + headers["webhook-timestamp"].encode() + b"." + body
    wanted = base64.b64encode(hmac.new(key, text, hashlib.sha256).digest()).decode()
    return f"v1,{wanted}" in headers["webhook-signature"].split(" ")


def test_a_notice_is_delivered_once_and_its_signature_verifies(people, sealer, office) -> None:
    with receiver() as there:
        _one, secret = subscribe(*people, sealer, there.url)
        happen()
        assert sent(office) == {"delivered": 1}
        assert sent(office, NOW + DAY) == {}
    (came,) = there.came
    path, headers, body = came
    assert path == "/in"
    assert verifies(secret, came)
    assert not verifies("whsec_" + base64.b64encode(b"x" * 32).decode(), came)
    assert not verifies(secret, (path, headers, body + b" "))
    assert int(headers["webhook-timestamp"]) == int(NOW.timestamp())
    assert json.loads(body) == {
        "id": headers["webhook-id"], "type": "cycle.published", "timestamp": "2026-06-20T02:00:00Z",
        "data": {"subject": "2026-h1", "read": "/api/v1/cycles/2026-h1"},
    }  # fmt: skip


def test_what_did_not_happen_is_told_to_nobody(people, sealer, office) -> None:
    from hengjian.exchange.outbox import announce

    with receiver() as there:
        subscribe(*people, sealer, there.url)
        with transaction.atomic():
            announce(Kind.PUBLISHED, "2026-h1", NOW)
            transaction.set_rollback(True)
        assert not Happening.objects.exists()
        assert sent(office) == {}


def test_only_kinds_that_were_asked_for_and_only_from_the_first_secret_on(people, sealer, office) -> None:
    from hengjian.exchange.subscriptions import Wanted, approve

    holder, security = people
    wanted = Wanted("平台", "https://platform.example/in", ["cycle.published"], NOW.date() + DAY * 30)
    approve(holder, wanted, named=(), by=security, now=NOW)
    happen()
    assert not Push.objects.exists()  # nobody has drawn its secret
    with receiver() as there:
        subscribe(*people, sealer, there.url, "quarantine.waiting")
        happen()
        happen(Kind.QUARANTINE, "hotline")
        assert sent(office) == {"delivered": 1}
        assert [json.loads(body)["type"] for *_more, body in there.came] == ["quarantine.waiting"]


def test_a_server_that_is_down_gets_it_after_the_pause_under_the_same_number(people, sealer, office) -> None:
    with receiver() as there:
        port = there.port
        subscribe(*people, sealer, there.url)
    happen()
    assert sent(office) == {"waiting": 1}
    push = Push.objects.get()
    assert (push.code, push.tries, push.next_at) == ("push.connect", 1, NOW + MINUTE)
    with receiver(503, port=port) as there:
        assert sent(office, NOW + MINUTE / 2) == {}  # not before its pause is over
        assert sent(office, NOW + MINUTE) == {"waiting": 1}
        push.refresh_from_db()
        assert (push.code, push.next_at) == ("http.503", NOW + 6 * MINUTE)
        assert sent(office, NOW + 6 * MINUTE) == {"delivered": 1}
        assert len(set(there.ids())) == 1
        assert there.came[0][2] == there.came[1][2]
        assert there.came[0][1]["webhook-timestamp"] != there.came[1][1]["webhook-timestamp"]


def test_it_ends_after_the_last_pause_and_can_be_sent_again_by_hand(people, sealer, office) -> None:
    from hengjian.exchange.jobs import PAUSES
    from hengjian.exchange.subscriptions import again
    from hengjian.terms.errors import NotPermitted, Refused

    holder, security = people
    assert list(PAUSES) == sorted(PAUSES)
    now = NOW
    with receiver(*[500] * (len(PAUSES) + 1)) as there:
        subscribe(*people, sealer, there.url)
        happen()
        for pause in PAUSES:
            assert sent(office, now) == {"waiting": 1}
            with pytest.raises(Refused):
                again(Push.objects.get(), by=security, now=now)
            now += pause
        assert sent(office, now) == {"failed": 1}
        assert sent(office, now + 30 * DAY) == {}
        push = Push.objects.get()
        assert (push.state, push.code, push.tries) == ("failed", "http.500", len(PAUSES) + 1)
        with pytest.raises(NotPermitted):
            again(push, by=holder, now=now)
        again(push, by=security, now=now)
        assert sent(office, now) == {"delivered": 1}
        assert len(set(there.ids())) == 1


def test_a_receiver_that_wants_no_more_gets_no_more(people, sealer, office) -> None:
    with receiver(410) as there:
        subscribe(*people, sealer, there.url)
        happen()
        happen(Kind.FROZEN)
        assert sent(office) == {"stopped": 1}
        assert sent(office, NOW + 2 * DAY) == {}
        happen()
        assert len(there.came) == 1
    assert SubscriptionEnd.objects.get().by is None
    assert set(Push.objects.values_list("state", flat=True)) == {PushState.STOPPED}
    assert Push.objects.count() == 2


def test_redirects_are_not_followed(people, sealer, office) -> None:
    with receiver() as inside, receiver(307) as there:
        there.to = inside.url
        subscribe(*people, sealer, there.url)
        happen()
        assert sent(office) == {"waiting": 1}
        assert Push.objects.get().code == "http.307"
        assert inside.came == []


def test_a_slow_server_holds_up_nobody_else(people, sealer, office) -> None:
    with receiver() as slow, receiver() as quick:
        slow.hold = threading.Event()
        subscribe(*people, sealer, slow.url)
        subscribe(*people, sealer, quick.url)
        for n in range(5):
            happen(subject=f"2026-h{n}")
        taken: list[float] = []
        began = time.monotonic()
        watching = threading.Thread(target=_note_when, args=(quick, 5, taken))
        watching.start()
        assert sent(office, seconds=3.0) == {"delivered": 5, "waiting": 1}
        whole = time.monotonic() - began
        watching.join()
    assert taken[0] - began < 2.0 < whole < 5.0  # five taken while the other one was waited for
    assert Push.objects.get(tries=1, state="waiting").code == "push.silent"
    assert Push.objects.filter(tries=0, state="waiting").count() == 4


def _note_when(there: Receiver, many: int, taken: list[float]) -> None:
    while len(there.came) < many:
        time.sleep(0.01)
    taken.append(time.monotonic())


def test_a_trickle_of_bytes_ends_too(people, sealer, office) -> None:
    import socket

    server = socket.create_server(("127.0.0.1", 0))

    def trickle() -> None:
        link, _whence = server.accept()
        try:
            link.sendall(b"HTTP/1.1 200 OK\r\n")
            while True:
                link.sendall(b"x: y\r\n"[:1])
                time.sleep(0.1)
        except OSError:
            link.close()

    thread = threading.Thread(target=trickle)
    thread.start()
    subscribe(*people, sealer, f"http://localhost:{server.getsockname()[1]}/")
    happen()
    began = time.monotonic()
    assert sent(office, seconds=0.5) == {"waiting": 1}
    assert time.monotonic() - began < 3
    assert Push.objects.get().code == "push.silent"
    thread.join()
    server.close()


def test_while_a_secret_is_being_changed_both_sign(people, sealer, office) -> None:
    from hengjian.exchange.subscriptions import draw

    holder, _security = people
    with receiver() as there:
        one, old = subscribe(*people, sealer, there.url)
        new = draw(one, sealer, by=holder, now=NOW + MINUTE)
        happen()
        sent(office, NOW + 2 * MINUTE)
        assert (verifies(old, there.came[0]), verifies(new, there.came[0])) == (True, True)
        later = NOW + 2 * DAY
        happen(now=later)
        sent(office, later)
        assert (verifies(old, there.came[1]), verifies(new, there.came[1])) == (False, True)


def test_an_account_that_may_no_longer_read_is_told_nothing(people, sealer, office) -> None:
    from hengjian.access import operations
    from hengjian.access.models import Grant

    holder, security = people
    with receiver() as there:
        subscribe(*people, sealer, there.url)
        happen()
        given = Grant.objects.get(user=holder)
        operations.revoke(given, on=NOW.date(), by=security, reason="调离")
        assert sent(office, NOW + DAY) == {"stopped": 1}
        assert there.came == []
    assert Push.objects.get().code == "push.grant"


def test_an_address_inside_is_refused_when_it_is_sent_to(people, sealer, office) -> None:
    with receiver() as there:
        subscribe(*people, sealer, there.url)
        happen()
        from hengjian.exchange.models import Subscription

        # the host was taken off the list since, or its name points inside now
        assert sent(office, named=frozenset()) == {"waiting": 1}
        assert Push.objects.get().code == "exchange.url"  # plain http needs the list
        made = Subscription.objects.get()
        made.url = there.url.replace("http:", "https:")
        from hengjian.exchange.sending import Letter, send

        assert send(Letter(made.url, {}, b"{}", frozenset(), 1.0)).code == "exchange.inside"
        assert there.came == []


def test_what_has_served_is_removed(people, sealer, office) -> None:
    from hengjian.exchange.jobs import KEPT

    with receiver(200, 503) as there:
        subscribe(*people, sealer, there.url)
        happen()
        sent(office)
        happen(Kind.FROZEN)
        sent(office, NOW)
        assert Push.objects.filter(state="waiting").count() == 1
    sent(office, NOW + KEPT + DAY)
    assert list(Happening.objects.values_list("kind", flat=True)) == ["cycle.frozen"]


def certified(name: str, folder: Path) -> tuple[ssl.SSLContext, Path]:
    """A server's context with a certificate for a name, and the file by which it is trusted."""
    key = ec.generate_private_key(ec.SECP256R1())
    who = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(who)
        .issuer_name(who)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - DAY)
        .not_valid_after(now + DAY)
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(name)]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    trusted, private = folder / f"{name}.pem", folder / f"{name}.key"
    trusted.write_bytes(made.public_bytes(serialization.Encoding.PEM))
    private.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
    )
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(trusted, private)
    return context, trusted


@pytest.mark.parametrize(
    ("name", "trusts", "code"),
    [
        ("localhost", True, "http.200"),
        ("localhost", False, "push.certificate"),
        ("platform.example", True, "push.certificate"),
    ],
)
def test_over_https_the_certificate_is_checked_against_the_host(
    people, sealer, office, tmp_path, monkeypatch, name, trusts, code
) -> None:
    context, trusted = certified(name, tmp_path)
    monkeypatch.setenv("SSL_CERT_FILE", str(trusted if trusts else tmp_path / "none.pem"))
    with receiver(context=context) as there:
        subscribe(*people, sealer, there.url.replace("http:", "https:"))
        happen()
        sent(office)
        assert Push.objects.get().code == code
        assert len(there.came) == (code == "http.200")


CHILD = """
import sys
from datetime import UTC, datetime
from pathlib import Path
import django
django.setup()
from django.db import connection
connection.settings_dict["NAME"] = sys.argv[1]
from hengjian.exchange.jobs import Office, run
from hengjian.ratings.invitations.secrets_file import room_secret
now = datetime(2026, 6, 20, 2, 0, tzinfo=UTC)
run(now, Office(room_secret(Path(sys.argv[2])), {"localhost"}, lambda: now, 20.0))
"""


@pytest.fixture
def database(django_db_setup: None, django_db_blocker) -> Iterator[str]:
    with (
        django_db_blocker.unblock(),
        empty_copy("pushing") as template,
        own_database(template, "pushing") as name,
    ):
        yield name


def test_killed_between_sending_and_noting_it_is_sent_again_under_the_same_number(
    database, sealer, office, tmp_path
) -> None:
    with receiver() as there:
        there.hold = threading.Event()
        subscribe(*accounts(), sealer, there.url)
        happen()
        child = subprocess.Popen(
            [sys.executable, "-c", CHILD, database, str(tmp_path)],
            env={**os.environ, "PYTHONPATH": str(Path.cwd())},
        )
        assert there.seen.wait(60)
        child.send_signal(signal.SIGKILL)
        child.wait(10)
        there.hold.set()
        there.hold = None
        assert Push.objects.get().state == "waiting"
        assert sent(office) == {"delivered": 1}
        assert len(there.came) == 2
        assert len(set(there.ids())) == 1
