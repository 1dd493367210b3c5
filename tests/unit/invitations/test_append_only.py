"""The database itself refuses to change or remove rows; each constraint does its work."""

import uuid
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection, transaction
from django.db.utils import Error, IntegrityError

from hengjian.ratings.invitations import operations
from hengjian.ratings.invitations.models import (
    Attempt,
    Contact,
    Delivery,
    Ending,
    EventBatch,
    Invitation,
    Issue,
    IssuerKey,
    IssuerSecret,
    Opening,
    OptOut,
    RefusedEvent,
    ServiceEvent,
)
from tests.unit.invitations.conftest import DAY, NOW

HEX = "0" * 64
SYSTEMS = {"recordsystem", "systemkey", "keyrevocation", "systemreceipt"}  # test_systems.py
STAY = {
    "eventbatch", "issuerkey", "serviceevent", "refusedevent", "invitation", "attempt", "delivery", "ending",
    "opening", "issue",
}  # fmt: skip
GO = {"contact", "issuersecret", "optout"}


def fresh() -> str:
    return uuid.uuid4().hex * 2


def batch(**changed: Any) -> EventBatch:
    given = {"source_name": "s", "source_digest": HEX, "policy_digest": HEX, "by": "t", "at": NOW,
             "read": 1, "admitted": 1, "repeated": 0, "refused": 0}  # fmt: skip
    return EventBatch.objects.create(**given | changed)


def key(**changed: Any) -> IssuerKey:
    from hengjian.roster.models import Official

    given = {"official": Official.objects.get(code="G1"), "half": f"20{IssuerKey.objects.count() + 10}-H1",
             "slot": fresh(), "variant": "v", "spki": fresh(), "at": NOW}  # fmt: skip
    return IssuerKey.objects.create(**given | changed)


def event(**changed: Any) -> ServiceEvent:
    from hengjian.roster.models import Official, Post

    post = Post.objects.get(code="S1")
    given = {"batch": batch(), "source": "s", "external": fresh(), "kind": "approval", "on": DAY,
             "organisation": post.organisation, "official": Official.objects.get(code="G1"), "post": post,
             "unit_title": "u", "post_title": "p", "confirmed_by": ""}  # fmt: skip
    return ServiceEvent.objects.create(**given | changed)


def invitation(**changed: Any) -> Invitation:
    given = {"event": event(), "key": key(), "person_key": HEX, "channel": "email", "offered_at": NOW,
             "deadline": NOW + timedelta(days=1), "expires_on": DAY}  # fmt: skip
    return Invitation.objects.create(**given | changed)


def contact(**changed: Any) -> Contact:
    given = {"invitation": invitation(), "sealed": b"x", "address_key": HEX, "next_at": NOW}
    return Contact.objects.create(**given | changed)


def attempt(**changed: Any) -> Attempt:
    return Attempt.objects.create(**{"invitation": invitation(), "secret_hash": fresh(), "at": NOW} | changed)


def refused(**changed: Any) -> RefusedEvent:
    return RefusedEvent.objects.create(
        **{"batch": batch(), "row": 2, "raw": {"a": "b"}, "reasons": [{"code": "c"}]} | changed
    )


def twice(**shared: Any) -> None:
    for _ in range(2):
        invitation(**shared)


REFUSED = {
    "eventbatch_counts_add_up": lambda: batch(read=2),
    "eventbatch_has_author": lambda: batch(by=""),
    "issuerkey_one_a_half": lambda: [key(half="2026-H1") for _ in range(2)],
    "issuerkey_half_form": lambda: key(half="2026-Q1"),
    "issuerkey_slot_is_sha256": lambda: key(slot="x"),
    "issuersecret_is_sealed": lambda: IssuerSecret.objects.create(
        key=key(), sealed="-----BEGIN PRIVATE KEY-----"
    ),
    "serviceevent_once": lambda: [event(external="1") for _ in range(2)],
    "serviceevent_has_source": lambda: event(source=""),
    "serviceevent_has_kind": lambda: event(kind=""),
    "refusedevent_has_reasons": lambda: refused(reasons=[]),
    "refusedevent_once": lambda: refused(batch=refused().batch),
    "invitation_one_a_person": lambda: twice(event=event()),
    "invitation_person_is_a_digest": lambda: invitation(person_key="张某"),
    "invitation_channel_known": lambda: invitation(channel="pigeon"),
    "invitation_has_time": lambda: invitation(deadline=NOW),
    "contact_emptied_when_done": lambda: contact(next_at=None),
    "contact_keeps_a_digest": lambda: contact(address_key="a@b"),
    "attempt_keeps_only_a_hash": lambda: attempt(secret_hash="the secret itself"),
    "delivery_failed_says_why": lambda: Delivery.objects.create(attempt=attempt(), sent=False, at=NOW),
    "ending_reason_known": lambda: Ending.objects.create(invitation=invitation(), reason="x", at=NOW),
    "issue_blinded_is_sha256": lambda: Issue.objects.create(invitation=invitation(), blinded_hash="", on=DAY),
    "optout_is_a_digest": lambda: OptOut.objects.create(address_key="a@b", on=DAY),
}


@pytest.mark.usefixtures("people")
@pytest.mark.parametrize("name", REFUSED)
def test_refused(name: str) -> None:
    with pytest.raises(IntegrityError, match=name), transaction.atomic():
        REFUSED[name]()


@pytest.mark.usefixtures("people")
def test_what_is_sound_is_accepted() -> None:
    assert contact().pk
    assert contact(sealed=b"", next_at=None).pk
    assert refused().pk
    assert Delivery.objects.create(attempt=attempt(), sent=True, at=NOW).pk


def test_every_constraint_and_table_is_tested() -> None:
    from django.apps import apps

    models = list(apps.get_app_config("invitations").get_models())
    named = {m: {c.name for c in m._meta.constraints} for m in models}
    ours = set().union(*(names for m, names in named.items() if m._meta.model_name not in SYSTEMS))
    assert ours == set(REFUSED)
    assert {m._meta.model_name for m in models} == STAY | GO | SYSTEMS


@pytest.fixture
def filled(office, draft) -> None:
    numbers = operations.admit_events(
        [draft(1, channel="printed"), draft(2, kind="x"), draft(3)], office, source="s"
    ).invited
    operations.hand_over(numbers[0], "t", NOW)
    Opening.objects.create(invitation_id=numbers[0], on=DAY)
    Issue.objects.create(invitation_id=numbers[0], blinded_hash=HEX, on=DAY)
    Ending.objects.create(invitation_id=numbers[1], reason="late", at=NOW)


@pytest.mark.parametrize("table", sorted(STAY))
@pytest.mark.parametrize("verb", ["UPDATE {0} SET {1} = {1}", "DELETE FROM {0}", "TRUNCATE {0} CASCADE"])
def test_raw_sql_is_refused(filled, table: str, verb: str) -> None:
    from django.apps import apps

    model = apps.get_model("invitations", table)
    before = model.objects.count()
    assert before > 0, "the refusal of an empty table proves nothing"
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
    with pytest.raises(Error, match="append-only"), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(verb.format(model._meta.db_table, model._meta.pk.column))
    assert model.objects.count() == before


def test_no_relation_and_no_key_is_shared_with_ballots() -> None:
    """Neither app points to the other, and no column of ours holds what a ballot holds."""
    from django.apps import apps

    ours = {"invitations", "roster"}
    for model in apps.get_app_config("invitations").get_models():
        related = {field.related_model for field in model._meta.get_fields() if field.related_model}
        assert {one._meta.app_label for one in related} <= ours
    for model in apps.get_models():
        if model._meta.app_label != "invitations":
            related = {field.related_model for field in model._meta.get_fields() if field.related_model}
            assert "invitations" not in {one._meta.app_label for one in related}
