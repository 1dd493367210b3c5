"""Systems of record: registered, with keys of which only the hash stays, each within its scope."""

import json
from dataclasses import replace
from datetime import timedelta

import pytest
from django.core import serializers
from django.db import DatabaseError, IntegrityError, connection, transaction

from hengjian.ratings.invitations import systems
from hengjian.ratings.invitations.checks import Scope
from hengjian.ratings.invitations.errors import KeyUnknown, SystemRefused
from hengjian.ratings.invitations.models import (
    EventBatch,
    Invitation,
    KeyRevocation,
    RecordSystem,
    RefusedEvent,
    ServiceEvent,
    SystemKey,
    SystemReceipt,
)
from hengjian.ratings.invitations.operations import admit_events
from hengjian.ratings.invitations.systems import NewSystem, hand_in, new_key, register, revoke, system_of
from tests.unit.invitations.conftest import NOW


@pytest.fixture
def approvals(office):
    return register(NewSystem("approvals", "审批系统"), office)


def test_only_a_keys_hash_is_kept_and_it_opens_its_system(office, approvals) -> None:
    key = new_key("approvals", "t", NOW)
    assert system_of(key) == approvals
    held = serializers.serialize("json", [*SystemKey.objects.all(), *RecordSystem.objects.all()])
    assert key not in held
    assert key.removeprefix(systems.PREFIX) not in held
    for wrong in ("", key[:-1], key.upper(), SystemKey.objects.get().hash):
        with pytest.raises(KeyUnknown):
            system_of(wrong)


def test_a_revoked_key_opens_nothing_and_another_still_does(approvals) -> None:
    lost, kept = new_key("approvals", "t", NOW), new_key("approvals", "t", NOW)
    row = SystemKey.objects.get(hash=systems.hash_of_key(lost))
    with pytest.raises(SystemRefused):
        revoke(row, " ", "t", NOW)
    revoke(row, "遗失", "t", NOW)
    with pytest.raises(KeyUnknown):
        system_of(lost)
    assert system_of(kept) == approvals
    with pytest.raises(SystemRefused):
        revoke(row, "再次", "t", NOW)


def test_a_change_of_scope_is_a_new_row_and_holds_at_once(office, approvals) -> None:
    key = new_key("approvals", "t", NOW)
    later = replace(office, now=NOW + timedelta(hours=1))
    register(NewSystem("approvals", "审批系统", (), ("approval",)), later)
    assert system_of(key).kinds == ["approval"]
    assert [one.kinds for one in systems.systems()] == [["approval"]]
    assert RecordSystem.objects.count() == 2


@pytest.mark.parametrize(
    "wrong",
    [
        NewSystem("", "x"), NewSystem("审批", "x"), NewSystem("-a", "x"), NewSystem("a" * 41, "x"),
        NewSystem("a", " "), NewSystem("a", "x", ("999999",)), NewSystem("a", "x", (), ("haircut",)),
    ],
)  # fmt: skip
def test_a_wrong_system_is_refused(office, wrong) -> None:
    with pytest.raises(SystemRefused):
        register(wrong, office)


def test_no_key_for_an_unknown_system(office) -> None:
    with pytest.raises(SystemRefused):
        new_key("approvals", "t", NOW)


def test_beyond_its_scope_waits_in_the_quarantine(office, draft) -> None:
    narrow = register(NewSystem("visits", "走访系统", ("330100",), ("village_visit",)), office)
    rows = [
        draft(1, source="visits"),
        draft(2, source="visits", kind="village_visit", confirmed_by="村委会"),
        draft(3, source="visits", kind="village_visit"),  # nobody confirmed it
        draft(4, source="approvals", kind="village_visit", confirmed_by="村委会"),
    ]
    answer, repeated = hand_in(narrow, "once-0001", rows, office)
    assert not repeated
    assert (answer["read"], answer["admitted"], answer["refused"]) == (4, 1, 3)
    found = {(one["row"], one["code"]) for one in answer["report"]}
    assert found == {(1, "events.scope_kind"), (3, "events.unconfirmed"), (4, "events.source")}
    abroad = replace(office, scope=Scope(organisations=frozenset({"330200"})))
    told = admit_events([draft(5)], abroad, source="api").report
    assert [reason.code for _row, reason in told] == ["events.scope_unit"]


def test_the_same_delivery_again_gets_the_same_answer(office, approvals, draft) -> None:
    rows = [draft(1), draft(2, official="G999")]
    first, _no = hand_in(approvals, "once-0001", rows, office)
    again, repeated = hand_in(approvals, "once-0001", rows, replace(office, now=NOW + timedelta(days=1)))
    assert (again, repeated) == (first, True)
    assert (EventBatch.objects.count(), Invitation.objects.count(), RefusedEvent.objects.count()) == (1, 1, 1)
    with pytest.raises(SystemRefused) as found:
        hand_in(approvals, "once-0001", [draft(3)], office)
    assert found.value.code == "systems.idempotency"
    # another key for the same events: they are counted as repeated
    third, _no = hand_in(approvals, "once-0002", rows[:1], office)
    assert (third["admitted"], third["repeated"]) == (0, 1)


def test_no_contact_and_no_plain_digest_of_it_stays(office, approvals, draft) -> None:
    row = draft(1, channel="sms", address="13800001111", person="张三")
    hand_in(approvals, "once-0001", [row], office)
    receipt = SystemReceipt.objects.get()
    held = json.dumps(receipt.answer) + receipt.content
    assert "13800001111" not in held
    guessed = systems.digest_of([[*row.raw().values(), row.contact, row.person]])
    assert receipt.content != guessed  # who knows the event could else try all numbers
    assert ServiceEvent.objects.get().source == "approvals"


REFUSED = {
    "recordsystem_code_form": lambda: _system(code="中"),
    "recordsystem_named_and_signed": lambda: _system(name=""),
    "recordsystem_one_at_a_time": lambda: (_system(), _system()),
    "systemkey_keeps_only_a_hash": lambda: _key(hash="x"),
    "systemkey_signed": lambda: _key(system=""),
    "keyrevocation_says_why": lambda: KeyRevocation.objects.create(key=_key(), reason="", by="t", at=NOW),
    "systemreceipt_once": lambda: (_receipt(), _receipt()),
    "systemreceipt_names_content": lambda: _receipt(content="x"),
}


@pytest.mark.parametrize("name", sorted(REFUSED))
@pytest.mark.django_db
def test_the_database_holds_the_invariants(name: str) -> None:
    with pytest.raises(IntegrityError, match=name), transaction.atomic():
        REFUSED[name]()


def test_each_invariant_is_tested() -> None:
    tables = (RecordSystem, SystemKey, KeyRevocation, SystemReceipt)
    assert {c.name for table in tables for c in table._meta.constraints} == set(REFUSED)


@pytest.mark.parametrize("table", ["recordsystem", "systemkey", "keyrevocation", "systemreceipt"])
def test_the_rows_stay(office, approvals, draft, table: str) -> None:
    key = new_key("approvals", "t", NOW)
    hand_in(approvals, "once-0001", [draft(1)], office)
    revoke(SystemKey.objects.get(hash=systems.hash_of_key(key)), "r", "t", NOW)
    for deed in (f"DELETE FROM invitations_{table}", f"TRUNCATE invitations_{table} CASCADE"):
        with pytest.raises(DatabaseError, match=r"append-only|pending trigger"), transaction.atomic():
            connection.cursor().execute(deed)


def _system(**changed) -> RecordSystem:
    return RecordSystem.objects.create(**{"code": "a", "name": "n", "by": "t", "at": NOW} | changed)


def _key(**changed) -> SystemKey:
    return SystemKey.objects.create(**{"system": "a", "hash": "0" * 64, "by": "t", "at": NOW} | changed)


def _receipt(**changed) -> SystemReceipt:
    batch = EventBatch.objects.create(
        source_name="s", source_digest="0" * 64, policy_digest="0" * 64, by="t", at=NOW, read=0, admitted=0,
        repeated=0, refused=0,
    )  # fmt: skip
    given = {"system": "a", "idempotency": "k", "content": "0" * 64, "batch": batch, "answer": {}, "at": NOW}
    return SystemReceipt.objects.create(**given | changed)
