"""One token an invitation: blind, once, inside the window; under a role that sees nothing else."""

import secrets
import threading
from datetime import timedelta

import pytest
from django.db import DatabaseError, connection, connections, transaction

from hengjian.proof import blind
from hengjian.proof.blind_keys import VARIANTS, PublicKey
from hengjian.proof.commitments import Entry
from hengjian.ratings.invitations import issuing, operations, queries
from hengjian.ratings.invitations.errors import InvitationRefused
from hengjian.ratings.invitations.models import Invitation, Issue, IssuerKey, IssuerSecret, Opening
from hengjian.ratings.invitations.roles import ISSUER
from hengjian.ratings.invitations.roles import issuing as as_issuer
from tests.unit.invitations.conftest import NOW

LATER = NOW + timedelta(days=2)


@pytest.fixture
def link(office, draft) -> str:
    (number,) = operations.admit_events([draft(channel="printed")], office, source="接口").invited
    return operations.hand_over(number, "窗口一", NOW)


def blinded(offer: issuing.Offer) -> tuple[PublicKey, bytes, blind.Blinded]:
    key = PublicKey.parse(offer.spki, VARIANTS[offer.variant])
    prepared = blind.prepare(key, secrets.token_bytes(32), secrets.token_bytes)
    return key, prepared, blind.blind(key, prepared, secrets.token_bytes)


def test_a_link_gives_one_valid_token(link: str, room) -> None:
    offer = issuing.opened(link, LATER)
    assert (offer.kind, offer.unit, offer.post, offer.half) == ("approval", "云溪镇", "窗口S1", "2026-H1")
    assert (offer.slot, offer.issued) == (issuing.slot_of("G1", "2026-H1"), False)
    key, prepared, hidden = blinded(offer)
    answer = issuing.issue(link, hidden.message, room, LATER)
    blind.verify(key, prepared, blind.finalize(key, prepared, answer, hidden.inverse))
    assert issuing.opened(link, LATER).issued


def test_the_same_message_again_gets_the_same_answer_another_one_none(link: str, room) -> None:
    offer = issuing.opened(link, NOW)
    hidden, other = blinded(offer)[2], blinded(offer)[2]
    first = issuing.issue(link, hidden.message, room, NOW)
    assert issuing.issue(link, hidden.message, room, LATER) == first
    with pytest.raises(InvitationRefused) as fault:
        issuing.issue(link, other.message, room, LATER)
    assert fault.value.code == "invitations.issued"
    assert Issue.objects.count() == 1


def test_two_links_of_one_invitation_give_one_token(link: str, room) -> None:
    again = operations.hand_over(Invitation.objects.get().pk, "窗口二", NOW)
    offer = issuing.opened(link, NOW)
    issuing.issue(link, blinded(offer)[2].message, room, NOW)
    with pytest.raises(InvitationRefused):
        issuing.issue(again, blinded(offer)[2].message, room, NOW)


@pytest.mark.parametrize("secret", ["", "x", "x" * 100_000])
def test_an_unknown_link_is_refused(link: str, room, secret: str) -> None:
    with pytest.raises(InvitationRefused) as fault:
        issuing.issue(secret, b"x", room, NOW)
    assert fault.value.code == "invitations.unknown"


def test_the_window_ends(link: str, room) -> None:
    last = NOW + timedelta(days=14)
    assert issuing.opened(link, last).expires_on == last.date()
    for call in (lambda at: issuing.opened(link, at), lambda at: issuing.issue(link, b"x", room, at)):
        with pytest.raises(InvitationRefused) as fault:
            call(last + timedelta(days=1))
        assert fault.value.code == "invitations.expired"


@pytest.mark.parametrize("message", [b"", b"x", b"\xff" * 256, b"\0" * 10_000])
def test_a_malformed_message_is_refused_and_uses_nothing_up(link: str, room, message: bytes) -> None:
    with pytest.raises(InvitationRefused) as fault:
        issuing.issue(link, message, room, NOW)
    assert fault.value.code == "invitations.blinded"
    assert not Issue.objects.exists()
    issuing.issue(link, blinded(issuing.opened(link, NOW))[2].message, room, NOW)


def test_of_opening_and_issue_only_the_day_is_kept(link: str, room) -> None:
    issuing.issue(link, blinded(issuing.opened(link, LATER))[2].message, room, LATER)
    for row in (Opening.objects.get(), Issue.objects.get()):
        times = [f for f in row._meta.concrete_fields if f.get_internal_type() == "DateTimeField"]
        assert (times, row.on) == ([], LATER.date())


def test_keys_are_one_an_official_and_half_sealed_and_in_the_log(office, room, link: str) -> None:
    first = issuing.open_keys([("G1", "2026-H1")], room, NOW, office.make_key)
    again = issuing.open_keys([("G1", "2026-H1"), ("G1", "2026-H2")], room, NOW, office.make_key)
    assert first["G1", "2026-H1"] == again["G1", "2026-H1"]
    assert IssuerKey.objects.count() == 2
    for row in IssuerSecret.objects.all():
        assert row.sealed.startswith("-----BEGIN ENCRYPTED")
    shown = queries.key_of("G1", "2026-H1")
    assert shown is not None
    assert (shown.slot, shown.proof) == (issuing.slot_of("G1", "2026-H1"), None)
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT convert_from(entry, 'UTF8') FROM notary_commitment WHERE kind = 'invitations.issuerkey'"
        )
        entries = [entry for (entry,) in cursor.fetchall()]
    shown = [Entry.parse(entry.encode()).public for entry in entries]
    assert all(set(said) == {"half", "slot", "spki", "variant"} for said in shown)
    assert {(said["slot"], said["half"]) for said in shown} == {
        (issuing.slot_of("G1", half), half) for half in ("2026-H1", "2026-H2")
    }
    assert sum(said["spki"] == first["G1", "2026-H1"].spki for said in shown) == 1


def test_private_keys_go_when_their_half_year_is_over(link: str, room) -> None:
    assert issuing.destroy_keys(NOW) == 0
    assert issuing.destroy_keys(NOW + timedelta(days=30)) == 0
    assert issuing.destroy_keys(NOW + timedelta(days=60)) == 1
    assert (IssuerSecret.objects.count(), IssuerKey.objects.count()) == (0, 1)


def test_another_secret_file_opens_no_key(link: str) -> None:
    from hengjian.ratings.invitations.secrets_file import RoomSecret

    message = blinded(issuing.opened(link, NOW))[2].message
    with pytest.raises(InvitationRefused):
        issuing.issue(link, message, RoomSecret(bytes(32)), NOW)


# -- the role ----------------------------------------------------------------------------------


def test_the_issuers_role_is_enough_to_issue(link: str, room) -> None:
    with as_issuer():
        offer = issuing.opened(link, NOW)
        issuing.issue(link, blinded(offer)[2].message, room, NOW)
    with connection.cursor() as cursor:
        cursor.execute("SELECT current_user")
        assert cursor.fetchone()[0] != ISSUER


def test_the_issuers_role_reaches_no_other_table(db: None) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            """SELECT c.relname, has_any_column_privilege(%s, c.oid, 'SELECT, INSERT, UPDATE'),
                      has_table_privilege(%s, c.oid, 'DELETE, TRUNCATE')
               FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
               WHERE n.nspname = 'public' AND c.relkind IN ('r', 'p', 'v', 'm')""",
            [ISSUER, ISSUER],
        )
        rows = cursor.fetchall()
    assert len(rows) > 40
    assert {
        name for name, reached, _removes in rows if reached and not name.startswith("invitations_")
    } == set()
    assert [name for name, _reached, removes in rows if removes] == []
    reached = {name for name, reached, _removes in rows if reached}
    assert "invitations_issuersecret" in reached  # the check can fail
    assert not reached & {"invitations_delivery", "invitations_eventbatch", "invitations_ending"}


@pytest.mark.parametrize(
    "sql",
    [
        "SELECT * FROM roster_official", "SELECT * FROM panels_mark",
        "SELECT sealed FROM invitations_contact",
        "UPDATE invitations_issue SET blinded_hash = ''", "DELETE FROM invitations_issuersecret",
        "CREATE TABLE theirs (id int)",
    ],
)  # fmt: skip
def test_the_issuers_role_is_refused(db: None, sql: str) -> None:
    refused = pytest.raises(DatabaseError, match="permission denied")
    with refused, transaction.atomic(), as_issuer(), connection.cursor() as cursor:
        cursor.execute(sql)


def test_of_many_requests_at_once_one_is_answered(database, office, draft, room) -> None:
    (number,) = operations.admit_events([draft(channel="printed")], office, source="接口").invited
    link = operations.hand_over(number, "窗口一", NOW)
    offer = issuing.opened(link, NOW)
    answers: list[bool] = []
    start = threading.Barrier(6)

    def ask() -> None:
        message = blinded(offer)[2].message
        start.wait()
        try:
            issuing.issue(link, message, room, NOW)
            answers.append(True)
        except InvitationRefused:
            answers.append(False)
        finally:
            connections.close_all()

    threads = [threading.Thread(target=ask) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(answers) == [False] * 5 + [True]
