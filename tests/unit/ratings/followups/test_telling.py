"""A rater leaves a name, or reports pressure: what is stored opens for the key alone, and is only erased."""

import json
import secrets
import uuid
from datetime import date, timedelta

import pytest
from django.db import DatabaseError, IntegrityError, connection, transaction

from hengjian.notary.models import Commitment
from hengjian.ratings.ballots import operations as ballots
from hengjian.ratings.ballots.errors import ReceiptRefused
from hengjian.ratings.ballots.receipts import new_code
from hengjian.ratings.ballots.role import REDEEMER
from hengjian.ratings.ballots.versions import versions_of
from hengjian.ratings.followups.boxes import key_of, lock_of
from hengjian.ratings.followups.collecting import take_contacts, take_reports
from hengjian.ratings.followups.errors import FollowupRefused
from hengjian.ratings.followups.models import DayBox, Sealed
from hengjian.ratings.followups.telling import Contact, Told, leave_contact, report
from tests.unit.ratings.ballots.making import DAY, accept, said, token_of

pytestmark = pytest.mark.django_db
NEXT = DAY + timedelta(days=1)
WHO = Contact("李某", "13800000000")


@pytest.fixture
def code(issuer, rules) -> str:
    accept(issuer)
    code = new_code(secrets.token_bytes)
    ballots.cast(token_of(issuer), said(2, code), rules, DAY)
    return code


def test_a_contact_is_sealed_and_opens_for_the_key_alone(code, key, tmp_path) -> None:
    leave_contact(code, WHO, key.lock, DAY)
    (kept,) = DayBox.objects.all()
    assert [kept.ballot] == [one.id for one in versions_of(code)]
    box, about = bytes(kept.box), str(kept.pk)
    assert b"13800000000" not in box
    assert json.loads(key.open(box, about)) == {"contact": {"name": "李某", "reach": "13800000000"}}
    for wrong, other in ((key, "x"), (key_of(tmp_path), about)):
        with pytest.raises(FollowupRefused, match="打不开"):
            wrong.open(box, other)
    assert not Commitment.objects.filter(kind__startswith="followups").exists()


def test_a_second_contact_and_an_unknown_receipt_are_refused(code, key) -> None:
    leave_contact(code, WHO, key.lock, DAY)
    with pytest.raises(FollowupRefused, match="已经留过"):
        leave_contact(code, WHO, key.lock, DAY)
    with pytest.raises(ReceiptRefused):
        leave_contact("ABCDE-ABCDE-ABCDE-ABCDE", WHO, key.lock, DAY)
    assert DayBox.objects.count() == 1


@pytest.mark.parametrize("bad", [Contact("", ""), Contact("李", " 12 "), Contact("李" * 41, "13800000000"),
                                 Contact("李", "1" * 81), Contact("\0", "13800000000")])  # fmt: skip
def test_a_contact_that_is_none_is_refused(code, key, bad) -> None:
    with pytest.raises(FollowupRefused, match="联系方式"):
        leave_contact(code, bad, key.lock, DAY)


@pytest.mark.parametrize(("kind", "days"), [("retaliation", 1), ("inducement", 4)])
def test_a_reports_first_clock_runs_at_once(code, key, clocks, kind, days) -> None:
    report(Told(kind, "要求打十分，否则不办", code, WHO), key.lock, clocks, DAY)
    (made,) = DayBox.objects.all()
    assert (made.left, made.ballot) == (kind, versions_of(code)[0].id)
    assert made.due_on == DAY + timedelta(days=days)  # DAY is a Thursday: two working days end on Monday
    inside = json.loads(key.open(bytes(made.box), str(made.pk)))
    assert inside == {"text": "要求打十分，否则不办", "contact": {"name": "李某", "reach": "13800000000"}}


def test_a_report_needs_neither_receipt_nor_name(key, clocks) -> None:
    for page in ("ab" * 32, "", "\0", "x" * 65):
        report(Told("inducement", "送礼换好评", key=page), key.lock, clocks, DAY)
    assert sorted(DayBox.objects.values_list("key", "ballot")) == [("", None)] * 3 + [("ab" * 32, None)]


def test_no_clock_is_guessed_beyond_the_holiday_notices(key, clocks) -> None:
    report(Told("retaliation", "被报复"), key.lock, clocks, date(2026, 12, 31))
    assert DayBox.objects.get().due_on is None


@pytest.mark.parametrize("bad", [Told("x", "y"), Told("inducement", " "), Told("inducement", "字" * 2_001)])
def test_a_report_that_says_nothing_is_refused(key, clocks, bad) -> None:
    with pytest.raises(FollowupRefused):
        report(bad, key.lock, clocks, DAY)
    assert not DayBox.objects.exists()


def test_the_page_reads_back_nothing_that_is_sealed(code, key, clocks) -> None:
    leave_contact(code, WHO, key.lock, DAY)
    for table in (
        "daybox",
        "sealed",
        "report",
        "step",
        "case",
        "reportstep",
        "look",
        "contest",
        "flag",
        "opinion",
        "ruling",
    ):
        with (
            pytest.raises(DatabaseError, match="denied"),
            transaction.atomic(),
            connection.cursor() as cursor,
        ):
            cursor.execute(f"SET LOCAL ROLE {REDEEMER}; SELECT 1 FROM followups_{table}")


@pytest.mark.parametrize("wrong", [{"left": "x"}, {"ballot": None}, {"box": b""}])
def test_the_database_holds_it_too(wrong) -> None:
    given = {"left": "contact", "ballot": uuid.uuid4(), "box": b"x", "on": DAY} | wrong
    for table in (Sealed, DayBox):
        with pytest.raises(IntegrityError), transaction.atomic():
            table.objects.create(**given)


def test_what_is_sealed_is_emptied_once_and_nothing_else(code, key) -> None:
    leave_contact(code, WHO, key.lock, DAY)
    take_contacts(NEXT)
    for change in (
        "UPDATE followups_sealed SET box = 'x'",
        "UPDATE followups_sealed SET box = '', erased_on = '2026-03-05', \"on\" = '2026-01-01'",
        "DELETE FROM followups_sealed",
        "TRUNCATE followups_sealed CASCADE",
    ):
        with (
            pytest.raises(IntegrityError, match="refused"),
            transaction.atomic(),
            connection.cursor() as cursor,
        ):
            cursor.execute(f"SET CONSTRAINTS ALL IMMEDIATE; {change}")
    Sealed.objects.update(box=b"", erased_on=DAY)
    with pytest.raises(IntegrityError), transaction.atomic():
        Sealed.objects.update(box=b"x", erased_on=None)


def test_the_night_moves_contacts_of_the_days_before_and_a_look_moves_reports(code, key, clocks) -> None:
    leave_contact(code, WHO, key.lock, DAY)
    report(Told("inducement", "送礼换好评"), key.lock, clocks, DAY)
    before = {row.pk: (row.left, row.ballot, row.key, bytes(row.box), row.on, row.due_on)
              for row in DayBox.objects.all()}  # fmt: skip
    take_contacts(DAY)
    assert not Sealed.objects.exists(), "of today"
    take_reports()
    assert list(Sealed.objects.values_list("left", flat=True)) == ["inducement"]
    assert list(DayBox.objects.values_list("left", flat=True)) == ["contact"]
    take_contacts(NEXT)
    assert not DayBox.objects.exists()
    assert before == {row.pk: (row.left, row.ballot, row.key, bytes(row.box), row.on, row.due_on)
                      for row in Sealed.objects.all()}  # fmt: skip


def test_a_second_contact_is_refused_on_a_later_day_too(code, key) -> None:
    leave_contact(code, WHO, key.lock, DAY)
    take_contacts(NEXT)
    with pytest.raises(FollowupRefused, match="已经留过"):
        leave_contact(code, Contact("", "13900000000"), key.lock, NEXT)
    assert (Sealed.objects.count(), DayBox.objects.count()) == (1, 0)


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE followups_daybox SET box = 'x'",
        "DELETE FROM followups_daybox",
        "TRUNCATE followups_daybox",
    ],
)
def test_what_came_in_today_goes_on_only(code, key, change) -> None:
    leave_contact(code, WHO, key.lock, DAY)
    with (
        pytest.raises(IntegrityError, match="refused"),
        transaction.atomic(),
        connection.cursor() as cursor,
    ):
        cursor.execute(change)


def test_the_key_is_kept_and_the_page_has_the_lock_alone(tmp_path) -> None:
    with pytest.raises(FollowupRefused, match="公钥"):
        lock_of(tmp_path)
    made = key_of(tmp_path)
    assert key_of(tmp_path) == made
    assert lock_of(tmp_path) == made.lock
    assert (tmp_path / "followups/contacts.key").stat().st_mode & 0o777 == 0o600
    assert repr(made.value) not in repr(made)
    (tmp_path / "followups/contacts.pub").write_text("no")
    with pytest.raises(FollowupRefused, match="损坏"):
        lock_of(tmp_path)
