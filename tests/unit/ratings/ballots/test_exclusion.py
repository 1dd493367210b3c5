"""Two people with a reason take a ballot out of the count; it stays in the box and in the audit."""

import secrets
from dataclasses import replace
from datetime import timedelta

import pytest
from django.db import IntegrityError, connection, transaction

from hengjian.notary.models import Commitment
from hengjian.ratings.ballots import operations, queries, releases, tallies
from hengjian.ratings.ballots.errors import BallotRefused
from hengjian.ratings.ballots.models import Ballot, Exclusion
from hengjian.ratings.ballots.receipts import new_code
from hengjian.terms.period import Period
from tests.unit.ratings.ballots.making import DAY, HALF, accept, night_after, said, token_of
from tests.unit.ratings.ballots.test_releases import key_of, night, put

pytestmark = pytest.mark.django_db
NEXT = DAY + timedelta(days=1)


@pytest.fixture
def code(issuer, rules) -> str:
    """The receipt of a low ballot that was amended once."""
    accept(issuer)
    code = new_code(secrets.token_bytes)
    operations.cast(token_of(issuer), said(1, code), rules, DAY)
    operations.amend(code, said(2), rules, DAY)
    assert night_after() == 2
    return code


def first() -> str:
    return str(Ballot.objects.get(supersedes=None).pk)


def latest() -> str:
    return str(Ballot.objects.exclude(supersedes=None).get().pk)


def tallied(rules) -> tuple[int, int, int]:
    period = Period(HALF)
    whole = rules.whole_from(period)
    assert tallies.spent(period, whole - timedelta(days=1), rules) == []
    (one,) = tallies.spent(period, whole, rules)
    return one.cast, one.counted, one.excluded


@pytest.mark.parametrize("which", [first, latest])
def test_all_versions_are_out_from_the_next_day_and_the_rows_stand(code, rules, which) -> None:
    operations.exclude(which(), "同一人冒用多个链接", "A", "B", DAY)
    assert [b.mark for b in releases.valid(DAY)] == []
    assert list(releases.valid(NEXT)) == []
    operations.amend(code, said(3), rules, NEXT)  # an amendment does not bring it back
    night_after(NEXT)
    assert list(releases.valid(NEXT + timedelta(days=1))) == []
    assert Ballot.objects.count() == 3
    assert tallied(rules) == (1, 0, 1)
    assert Commitment.objects.filter(kind="ballots.exclusion", key=first()).count() == 1


def test_before_it_counted(code, rules) -> None:
    operations.exclude(first(), "误评", "A", "B", NEXT)
    assert [b.mark for b in releases.valid(NEXT)] == [2]
    assert tallied(rules) == (1, 0, 1)


def test_the_audit_stands_still_after_its_day(code, rules) -> None:
    operations.exclude(first(), "误评", "A", "B", rules.whole_from(Period(HALF)))
    assert tallied(rules) == (1, 1, 0)


def test_the_rater_reads_the_reason(code, rules) -> None:
    before = queries.receipt(code, rules)
    operations.exclude(latest(), "误评", "A", "B", NEXT)
    after = queries.receipt(code, rules)
    assert before is not None
    assert after is not None
    assert (before.excluded, after.excluded) == (None, (NEXT, "误评"))
    assert after.released is False


def test_a_release_leaves_it_out(rules) -> None:
    key = key_of("G1")
    put(key, 30, DAY, mark=8)
    put(key, 1, DAY, mark=1)
    (low,) = Ballot.objects.filter(mark=1)
    operations.exclude(str(low.pk), "恶意差评", "A", "B", DAY)
    (made,) = night(NEXT, replace(rules, hold=0))
    assert (made.count, made.mean) == (30, 8)


@pytest.mark.parametrize(
    ("reason", "by", "second", "code_"),
    [
        (" ", "A", "B", "ballots.exclusion_reason"),
        ("x" * 401, "A", "B", "ballots.exclusion_reason"),
        ("\0", "A", "B", "ballots.exclusion_reason"),
        ("误评", "A", "A ", "ballots.exclusion_by_two"),
        ("误评", "", "B", "ballots.exclusion_by_two"),
    ],
)
def test_refused(code, reason, by, second, code_) -> None:
    with pytest.raises(BallotRefused) as caught:
        operations.exclude(first(), reason, by, second, DAY)
    assert caught.value.code == code_
    assert not Exclusion.objects.exists()


def test_refused_for_no_ballot_and_a_second_time(code) -> None:
    for none in ("x", "00000000-0000-4000-8000-000000000000"):
        with pytest.raises(BallotRefused, match="没有这张票"):
            operations.exclude(none, "误评", "A", "B", DAY)
    operations.exclude(first(), "误评", "A", "B", DAY)
    with pytest.raises(BallotRefused, match="已不计入"):
        operations.exclude(latest(), "误评", "A", "B", DAY)


@pytest.mark.parametrize("wrong", [{"reason": ""}, {"by": ""}, {"second": ""}, {"second": "A"}])
def test_the_database_holds_it_too(code, wrong) -> None:
    given = {"ballot_id": first(), "reason": "误评", "by": "A", "second": "B", "on": DAY} | wrong
    with pytest.raises(IntegrityError), transaction.atomic():
        Exclusion.objects.create(**given)


def test_nothing_of_it_is_changed(code) -> None:
    operations.exclude(first(), "误评", "A", "B", DAY)
    for change in ("UPDATE ballots_exclusion SET reason = 'x'", "DELETE FROM ballots_exclusion"):
        with pytest.raises(IntegrityError), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(change)
