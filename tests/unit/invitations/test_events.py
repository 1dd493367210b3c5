"""Events come in from systems of record, once, with their reasons; caps and opt-outs hold."""

import json
from dataclasses import replace
from datetime import date, timedelta

import pytest
from django.core import serializers
from django.db import connection

from hengjian.ratings.invitations import operations
from hengjian.ratings.invitations.errors import EventsRefused, InvitationRefused
from hengjian.ratings.invitations.models import (
    Attempt,
    Contact,
    Ending,
    EventBatch,
    Invitation,
    IssuerKey,
    RefusedEvent,
    ServiceEvent,
)
from hengjian.roster.errors import FileRefused
from tests.unit.invitations.conftest import DAY, NOW

HEAD = (
    "来源系统,来源编号,事项种类,办结日期,机构代码,干部编号,岗位代码,"
    "确认人,渠道,联系方式,联系方式代号,当事人标识"
)


def admit(office, *drafts):
    return operations.admit_events(drafts, office, source="接口")


def test_each_person_concerned_gets_one_invitation(office, draft) -> None:
    second = draft(1, address="other@example.test", person="other")
    receipt = admit(office, draft(1), second, draft(2))
    assert (receipt.admitted, receipt.repeated, receipt.refused) == (3, 0, 0)
    assert (ServiceEvent.objects.count(), Invitation.objects.count()) == (2, 3)
    assert len(set(receipt.invited)) == 3
    assert IssuerKey.objects.get().half == "2026-H1"


def test_the_same_rows_again_make_nothing_new(office, draft) -> None:
    rows = [draft(1), draft(2), draft(2)]
    assert admit(office, *rows).repeated == 1
    again = admit(replace(office, now=NOW + timedelta(hours=3)), *rows)
    assert (again.admitted, again.repeated, again.invited) == (0, 3, ())
    assert Invitation.objects.count() == 2


@pytest.mark.parametrize(
    ("changed", "code"),
    [
        ({"source": "office_of_G1"}, "events.source"),
        ({"kind": "haircut"}, "events.kind"),
        ({"on": date(2026, 6, 21)}, "events.future"),
        ({"on": date(2026, 6, 12)}, "events.late"),
        ({"kind": "village_visit"}, "events.unconfirmed"),
        ({"kind": "village_visit", "confirmed_by": "G1"}, "events.unconfirmed"),
        ({"kind": "village_visit", "confirmed_by": "姓名 G1"}, "events.unconfirmed"),
        ({"confirmed_by": "G1"}, "events.unconfirmed"),
        ({"official": "G2"}, "events.tenure"),
        ({"organisation": "330101"}, "events.organisation"),
        ({"address": ""}, "events.contact"),
        ({"address": "a@b\nBcc: everybody@example.test"}, "events.contact"),
        ({"address": "person@example。test"}, "events.contact"),
        ({"address": "张三@example.test"}, "events.contact"),
        ({"channel": "sms"}, "events.contact"),
        ({"channel": "pigeon"}, "events.channel"),
        ({"channel": "printed", "address": "", "person": ""}, "events.person"),
        ({"reference": "r-1"}, "events.contact"),
    ],
)
def test_what_does_not_fit_waits_with_its_reason_and_without_its_contact(
    office, draft, changed, code
) -> None:
    receipt = admit(office, draft(1, **changed), draft(2))
    assert (receipt.admitted, receipt.refused) == (1, 1)
    assert [(number, reason.code) for number, reason in receipt.report] == [(1, code)]
    kept = RefusedEvent.objects.get()
    told = json.dumps([kept.raw, kept.reasons], ensure_ascii=False).casefold()
    assert "a-1" in told
    for personal in ("person1@", "bcc", "person 1"):
        assert personal not in told


def test_a_visit_that_the_village_confirmed_comes_in(office, draft) -> None:
    assert admit(office, draft(1, kind="village_visit", confirmed_by="云溪村委会")).admitted == 1


def test_the_rated_official_cannot_hand_in_own_events(office, draft) -> None:
    from hengjian.access.models import Grant, User

    user = User.objects.create(username="wang", display_name="王", password="!", created_at=NOW)
    Grant.objects.create(user=user, role="official", official_id="G1", starts_on=date(2024, 1, 1), reason="r")
    receipt = admit(replace(office, by="wang"), draft(1), draft(2, official="G2", post="S2"))
    assert [(number, reason.code) for number, reason in receipt.report] == [(1, "events.own")]


def test_one_number_with_two_meanings_is_refused(office, draft) -> None:
    admit(office, draft(1))
    receipt = admit(office, draft(1, official="G2", post="S2", person="x", address="x@example.test"))
    assert [reason.code for _n, reason in receipt.report] == ["events.contradicts"]
    assert Invitation.objects.count() == 1


def test_three_a_half_year_and_three_a_week(office, draft) -> None:
    same = {"person": "one", "address": "one@example.test"}
    for week in range(5):
        later = replace(office, now=NOW - timedelta(days=50 - 10 * week))
        admit(later, draft(week, on=(later.now).date(), **same))
    assert [e.reason for e in Ending.objects.all()] == ["capped", "capped"]
    other = {"official": "G2", "post": "S2", **same}
    admit(office, *[draft(10 + i, **other) for i in range(3)])
    assert sorted(e.reason for e in Ending.objects.all()) == ["capped", "capped"]
    admit(office, draft(20, **other))
    assert sorted(e.reason for e in Ending.objects.all()) == ["capped"] * 3
    assert Contact.objects.count() == 6


def test_no_more_than_three_in_a_week(office, draft) -> None:
    same = {"person": "one", "address": "one@example.test"}
    half = [draft(i, **same) for i in range(2)]
    rest = [draft(10 + i, official="G2", post="S2", **same) for i in range(2)]
    admit(office, *half, *rest)
    assert [e.reason for e in Ending.objects.all()] == ["frequent"]


def test_who_opted_out_by_the_link_is_not_asked_again(office, draft, room) -> None:
    (number,) = admit(office, draft(1)).invited
    Attempt.objects.create(invitation_id=number, secret_hash=operations.hash_of("the link"), at=NOW)
    operations.opt_out("the link", NOW)
    admit(office, draft(2, address="PERSON1@example.test", person="another name"))
    assert [e.reason for e in Ending.objects.all()] == ["opted_out"]
    assert operations.opt_in("email", "person1@EXAMPLE.test", room)
    admit(office, draft(3, address="person1@example.test", person="another name"))
    assert Ending.objects.count() == 1


def test_a_dump_shows_neither_address_nor_person(office, draft) -> None:
    admit(office, draft(1), draft(2, kind="haircut"))
    models = (EventBatch, ServiceEvent, RefusedEvent, Invitation, Contact)
    dump = "".join(serializers.serialize("json", model.objects.all()) for model in models).casefold()
    dump += "".join(bytes(row.sealed).decode("latin-1") for row in Contact.objects.all()).casefold()
    assert "a-1" in dump
    assert "person1" not in dump
    assert "person 1" not in dump


def test_person_keys_of_two_halves_do_not_join(room) -> None:
    assert room.person_key("one", "2026-H1") != room.person_key("one", "2026-H2")
    assert room.person_key("one", "2026-H1") == room.person_key("one", "2026-H1")


def test_every_event_and_key_is_a_leaf(office, draft) -> None:
    admit(office, draft(1), draft(2, kind="haircut"))
    with connection.cursor() as cursor:
        cursor.execute(
            """SELECT kind, count(*) FROM notary_commitment WHERE kind LIKE 'invitations.%'
               GROUP BY kind"""
        )
        assert dict(cursor.fetchall()) == {
            "invitations.eventbatch": 1, "invitations.issuerkey": 1, "invitations.refusedevent": 1,
            "invitations.serviceevent": 1,
        }  # fmt: skip


@pytest.fixture
def sheet(tmp_path):
    def _sheet(*rows: str, head: str = HEAD):
        path = tmp_path / "events.csv"
        path.write_text("\n".join([head, *rows]) + "\n", encoding="utf-8")
        return path

    return _sheet


def test_a_file_is_reported_cell_by_cell(office, sheet) -> None:
    good = "approvals,A-1,approval,2026-06-20,330100,G1,S1,,短信,13800000001,,张某"
    bad = "approvals,A-2,approval,2026-13-40,330100,G1,S1,,飞鸽,13800000002,,李某"
    receipt = operations.import_events(sheet(good, bad), office)
    assert (receipt.admitted, receipt.refused) == (1, 1)
    assert {(number, reason.cell, reason.code) for number, reason in receipt.report} == {
        (3, "D3", "sheets.date"), (3, "I3", "sheets.choice"),
    }  # fmt: skip
    kept = json.dumps([RefusedEvent.objects.get().raw, str(receipt.report)], ensure_ascii=False)
    assert "13800000002" not in kept
    assert "李某" not in kept
    with pytest.raises(FileRefused):
        operations.import_events(sheet("x", head="来源系统"), office)


def test_unsigned_deliveries_are_refused(office, draft) -> None:
    with pytest.raises(EventsRefused):
        admit(replace(office, by=" "), draft(1))


def test_by_hand_at_the_counter_and_assisted(office, draft) -> None:
    printed, sent = admit(office, draft(1, channel="printed", address=""), draft(2)).invited
    assert not Contact.objects.filter(pk=printed).exists()
    secret = operations.hand_over(printed, "窗口一", NOW)
    assert len(secret) >= 43
    assert Attempt.objects.get().secret_hash == operations.hash_of(secret)
    for number, by, day in ((sent, "x", NOW), (printed, "", NOW), (printed, "x", NOW + timedelta(days=15))):
        with pytest.raises(InvitationRefused):
            operations.hand_over(number, by, day)
    assert NOW.date() == DAY
