"""What is sealed is opened by its handler alone, for a purpose written down before, and destroyed in time."""

import secrets
from datetime import timedelta

import pytest

from hengjian.access.roles import Role
from hengjian.notary.models import Commitment
from hengjian.ratings.ballots import collecting
from hengjian.ratings.ballots import operations as ballots
from hengjian.ratings.ballots.models import Ballot
from hengjian.ratings.ballots.receipts import new_code
from hengjian.ratings.followups import jobs
from hengjian.ratings.followups.collecting import take_contacts
from hengjian.ratings.followups.errors import FollowupRefused
from hengjian.ratings.followups.models import Case, Look, Sealed, Step
from hengjian.ratings.followups.operations import cases
from hengjian.ratings.followups.operations.sealed import open_contact
from hengjian.ratings.followups.queries import cases as reads
from hengjian.ratings.followups.telling import Contact, leave_contact
from hengjian.terms.errors import NotPermitted
from tests.unit.ratings.ballots.making import accept, said, token_of
from tests.unit.ratings.followups.places import DAY, act, at, person, town

pytestmark = pytest.mark.django_db
NEXT = DAY + timedelta(days=1)


@pytest.fixture
def staff():
    town()
    return person("a", Role.FOLLOWUP), person("b", Role.FOLLOWUP)


@pytest.fixture
def case(staff, issuer, rules, clocks, key) -> Case:
    """Cast and named on the day, put into the box at night, then a case that a handles."""
    accept(issuer)
    code = new_code(secrets.token_bytes)
    ballots.cast(token_of(issuer), said(2, code), rules, DAY)
    leave_contact(code, Contact("李某", "13800000000"), key.lock, DAY)
    collecting.take_in(at(NEXT))
    take_contacts(NEXT)
    jobs.open_cases(NEXT, rules, clocks)
    held = Case.objects.get()
    cases.assign(str(held.pk), staff[0], act(staff[1]))
    return held


def test_the_handler_opens_it_and_it_is_written_down(case, staff, key, clocks) -> None:
    assert reads.view(staff[0], str(case.pk), NEXT, clocks).row.named
    opened = open_contact(case, "call_back", act(staff[0], "当天下午致电"), key)
    assert (opened.name, opened.reach, opened.text) == ("李某", "13800000000", "")
    look = Look.objects.get()
    assert (look.by, look.why, look.note) == ("a", "call_back", "当天下午致电")
    assert Commitment.objects.filter(kind="followups.look", key=str(look.pk)).count() == 1


def test_nobody_else_opens_it_nor_without_a_purpose(case, staff, key) -> None:
    with pytest.raises(NotPermitted, match="承办人"):
        open_contact(case, "call_back", act(staff[1]), key)
    with pytest.raises(NotPermitted):
        open_contact(case, "call_back", act(person("own", Role.FOLLOWUP, "c/a/t")), key)
    with pytest.raises(FollowupRefused, match="目的"):
        open_contact(case, "", act(staff[0]), key)
    assert not Look.objects.exists()


def test_a_look_stands_though_the_box_does_not_open(case, staff, tmp_path) -> None:
    from hengjian.ratings.followups.boxes import key_of

    with pytest.raises(FollowupRefused, match="打不开"):
        open_contact(case, "check", act(staff[0]), key_of(tmp_path))
    assert Look.objects.count() == 1


def test_destroyed_thirty_days_after_the_case_is_closed(case, staff, key, clocks) -> None:
    a, b = staff
    cases.answer(str(case.pk), act(a, on=NEXT))
    jobs.erase_old(at(NEXT + timedelta(days=90)), clocks)
    assert Sealed.objects.get().erased_on is None  # the case is not closed
    cases.close(str(case.pk), act(b, on=NEXT))
    with pytest.raises(NotPermitted, match="办理中"):
        open_contact(case, "check", act(a), key)
    assert jobs.erase_old(at(NEXT + timedelta(days=29)), clocks) == 0
    assert jobs.erase_old(at(NEXT + timedelta(days=30)), clocks) == 1
    assert jobs.erase_old(at(NEXT + timedelta(days=31)), clocks) == 0
    kept = Sealed.objects.get()
    assert (bytes(kept.box), kept.erased_on) == (b"", NEXT + timedelta(days=30))
    assert Step.objects.order_by("-number")[0].verb == "erase"
    assert reads.view(a, str(case.pk), NEXT, clocks).erased


def test_a_contact_of_a_mark_that_is_not_low_is_destroyed_too(issuer, rules, clocks, key) -> None:
    accept(issuer)
    code = new_code(secrets.token_bytes)
    ballots.cast(token_of(issuer), said(9, code), rules, DAY)
    leave_contact(code, Contact("李某", "13800000000"), key.lock, DAY)
    take_contacts(NEXT)
    assert jobs.erase_old(at(DAY + timedelta(days=29)), clocks) == 0
    assert jobs.erase_old(at(DAY + timedelta(days=30)), clocks) == 1
    assert not Ballot.objects.exists()
