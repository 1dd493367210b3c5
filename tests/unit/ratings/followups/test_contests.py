"""Two people of other units decide, each alone; the official learns no more than a release would tell."""

import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import date, timedelta
from time import sleep

import pytest
from django.db import IntegrityError, connection, transaction

from hengjian.access.roles import Role
from hengjian.notary.models import Commitment
from hengjian.ratings.ballots import tallies
from hengjian.ratings.ballots.models import Due, Exclusion, Release
from hengjian.ratings.followups import jobs
from hengjian.ratings.followups.errors import FollowupRefused
from hengjian.ratings.followups.models import Case, Contest, Flag, Opinion, Ruling
from hengjian.ratings.followups.operations import cases, contests
from hengjian.ratings.followups.operations.contests import About
from hengjian.ratings.followups.queries import cases as case_reads
from hengjian.ratings.followups.queries import decisions as reads
from hengjian.terms.errors import NotPermitted
from hengjian.terms.period import Period
from tests.own_database import own_database
from tests.unit.ratings.followups.places import DAY, HALF, TOWN, act, at, key_of_town, person, put, town

pytestmark = pytest.mark.django_db
RELEASED = DAY + timedelta(days=3)


def release(day: date, number: int = 1, official: str = "G1", post: str = "S1") -> Release:
    due = Due.objects.create(
        official=official, post=post, period=HALF, number=number, found_on=day, release_on=day
    )
    return Release.objects.create(due=due, at=at(day), count=30 * number, mean=8, tags={})


@pytest.fixture
def people():
    town()
    return {
        "x": person("x", Role.REVIEWER), "y": person("y", Role.REVIEWER), "z": person("z", Role.REVIEWER),
        "own": person("own", Role.REVIEWER, TOWN), "wang": person("wang", Role.OFFICIAL, official="G1"),
        "other": person("other", Role.OFFICIAL, official="G2"),
    }  # fmt: skip


@pytest.fixture
def low(people):
    """Three low ballots of the town's official, and one high."""
    key = key_of_town()
    put(key, 9)
    return [put(key, 1, comment="假的"), put(key, 2), put(key, 3)]


@pytest.fixture
def contest(low, people, clocks) -> Contest:
    made = release(RELEASED)
    return contests.file(
        About(release=made.pk), "mistaken", act(people["wang"], "评的不是本镇办理的事项", RELEASED), clocks
    )


def test_filed_within_its_days_and_logged(contest, clocks) -> None:
    assert (contest.official, contest.post, contest.period) == ("G1", "S1", HALF)
    assert contest.due_on == clocks.after("contest_decide_days", RELEASED)
    assert Commitment.objects.filter(kind="followups.contest", key=str(contest.pk)).count() == 1


def test_two_at_once_do_not_pass_the_limit(template, db, clocks) -> None:
    """With one contest left in the half-year, two are filed at the same moment: one stands."""
    most = clocks.days["contests_half_year"]
    with own_database(template, "followups"):
        town()
        wang = person("wang", Role.OFFICIAL, official="G1")
        made = release(RELEASED).pk
        for _ in range(most - 1):
            contests.file(About(release=made), "mistaken", act(wang, "不属实", RELEASED), clocks)
        meet = threading.Barrier(2)

        def file() -> str:
            try:
                with transaction.atomic():
                    meet.wait(20)
                    contests.file(About(release=made), "mistaken", act(wang, "不属实", RELEASED), clocks)
                    sleep(0.3)  # the other one looks before this one is committed
            except FollowupRefused as refused:
                return refused.code
            finally:
                connection.close()
            return ""

        with ThreadPoolExecutor(2) as pool:
            said = sorted(one.result(30) for one in [pool.submit(file), pool.submit(file)])
        assert said == ["", "followups.often"]
        assert Contest.objects.count() == most


def test_a_contest_filed_before_the_holidays_are_known_is_reminded_of_when_they_are(
    low, people, clocks
) -> None:
    late = date(2026, 12, 28)
    made = contests.file(
        About(release=release(late).pk),
        "mistaken",
        act(people["wang"], "评的不是本镇办理的事项", late),
        clocks,
    )
    assert made.due_on is None
    calendar = clocks.calendar
    known = type(clocks)(type(calendar)(calendar.off, calendar.make_up, frozenset({2026, 2027})), clocks.days)
    due = known.after("contest_decide_days", late)
    assert due is not None
    (row,) = reads.contests(people["x"], due + timedelta(days=1), known)
    assert (row.due_on, row.tone) == (due, "bad")
    assert jobs.remind(at(late), clocks) == (0, 0)
    assert jobs.remind(at(due + timedelta(days=1)), known) == (1, 0)


def test_two_who_name_the_same_ballot_take_it_out_of_the_count_not_of_the_audit(
    contest, low, people, clocks, rules
) -> None:
    pick = [str(low[0].pk)]
    assert contests.opine(contest, pick, act(people["x"], "所评事项不属本镇")) is None
    assert not Exclusion.objects.exists()
    ruling = contests.opine(contest, pick, act(people["y"], "核对事项清单，确属误评"))
    assert ruling is not None
    assert (ruling.ballots, ruling.first, ruling.second) == ([low[0].pk], "x", "y")
    gone = Exclusion.objects.get()
    assert (gone.ballot_id, gone.by, gone.second) == (low[0].pk, "x", "y")
    assert "误评" in gone.reason
    assert "核对" not in gone.reason
    (tally,) = tallies.spent(Period(HALF), rules.whole_from(Period(HALF)), rules)
    assert (tally.cast, tally.excluded) == (4, 1)
    for kind, count in (("followups.opinion", 2), ("followups.ruling", 1), ("ballots.exclusion", 1)):
        assert Commitment.objects.filter(kind=kind).count() == count


def test_two_who_differ_ask_for_a_third(contest, low, people) -> None:
    a, b, _c = [str(row.pk) for row in low]
    contests.opine(contest, [a, b], act(people["x"]))
    assert contests.opine(contest, [b], act(people["y"])) is None
    ruling = contests.opine(contest, [], act(people["z"]))
    assert ruling.ballots == [low[1].pk]
    assert Exclusion.objects.get().ballot_id == low[1].pk


def test_two_who_reject_settle_it(contest, people) -> None:
    contests.opine(contest, [], act(people["x"]))
    assert contests.opine(contest, [], act(people["y"])).ballots == []
    assert not Exclusion.objects.exists()
    with pytest.raises(FollowupRefused, match="已有复核结论"):
        contests.opine(contest, [], act(people["z"]))


def test_no_reviewer_sees_the_others_opinion_before_it_is_settled(
    contest, low, people, clocks, rules
) -> None:
    x, y = people["x"], people["y"]
    contests.opine(contest, [str(low[0].pk)], act(x))
    number = str(contest.pk)
    seen = reads.view(y, "contest", number, RELEASED, clocks, rules)
    assert (seen.opinions, seen.may, seen.row.opinions) == ((), True, 1)
    mine = reads.view(x, "contest", number, RELEASED, clocks, rules)
    assert ([one.by for one in mine.opinions], mine.may) == (["x"], False)
    contests.opine(contest, [str(low[0].pk)], act(y))
    assert len(reads.view(y, "contest", number, RELEASED, clocks, rules).opinions) == 2


def test_reviewers_see_the_low_ballots_that_the_release_counted(contest, low, people, clocks, rules) -> None:
    put(low[0].key, 1, on=RELEASED)  # came after
    seen = reads.view(people["x"], "contest", str(contest.pk), RELEASED, clocks, rules)
    assert {one.id for one in seen.candidates} == {str(row.pk) for row in low}


def test_refused_opinions(contest, low, people) -> None:
    x = people["x"]
    for user in (people["own"], people["wang"]):
        with pytest.raises(NotPermitted):
            contests.opine(contest, [], act(user))
    for wrong in ("x", "00000000-0000-4000-8000-000000000000"):
        with pytest.raises(FollowupRefused):
            contests.opine(contest, [wrong], act(x))
    with pytest.raises(FollowupRefused, match="说明"):
        contests.opine(contest, [], act(x, " "))
    contests.opine(contest, [], act(x))
    with pytest.raises(FollowupRefused, match="已提出过"):
        contests.opine(contest, [], act(x))


def test_refused_contests(low, people, clocks) -> None:
    made, wang = release(RELEASED), people["wang"]
    about = About(release=made.pk)
    with pytest.raises(NotPermitted, match="本人"):
        contests.file(about, "mistaken", act(people["other"], "x", RELEASED), clocks)
    with pytest.raises(NotPermitted):
        contests.file(about, "mistaken", act(people["x"], "x", RELEASED), clocks)
    with pytest.raises(FollowupRefused, match="期限"):
        contests.file(about, "mistaken", act(wang, "x", RELEASED + timedelta(days=31)), clocks)
    for about_nothing in (About(), About(release=0), About(theme="x")):
        with pytest.raises(FollowupRefused):
            contests.file(about_nothing, "mistaken", act(wang, "x", RELEASED), clocks)
    with pytest.raises(FollowupRefused, match="理由"):
        contests.file(about, "x", act(wang, "x", RELEASED), clocks)
    for _ in range(clocks.days["contests_half_year"]):
        contests.file(about, "malicious", act(wang, "x", RELEASED), clocks)
    with pytest.raises(FollowupRefused, match="已提出 3 次"):
        contests.file(about, "malicious", act(wang, "x", RELEASED), clocks)


def test_the_outcome_is_told_with_the_next_release_and_nothing_else_of_it(
    contest, low, people, clocks, rules
) -> None:
    decided = RELEASED + timedelta(days=2)
    for by in "xy":
        contests.opine(contest, [str(low[0].pk)], act(people[by], on=decided))

    def known(day: date) -> str:
        (row,) = reads.own_contests(people["wang"], day, clocks, rules)
        return row.outcome

    assert known(decided + timedelta(days=20)) == ""
    release(decided + timedelta(days=20), 2)
    assert known(decided + timedelta(days=19)) == ""
    assert known(decided + timedelta(days=20)) == "upheld"
    assert reads.own_contests(people["other"], decided + timedelta(days=20), clocks, rules) == []


def test_without_another_release_the_half_years_end_tells(contest, people, clocks, rules) -> None:
    for by in "xy":
        contests.opine(contest, [], act(people[by], on=RELEASED))
    end = rules.whole_from(Period(HALF))
    for day, outcome in ((end, ""), (end + timedelta(days=1), "rejected")):
        (row,) = reads.own_contests(people["wang"], day, clocks, rules)
        assert row.outcome == outcome


def theme(people, rules, clocks) -> Case:
    """Four low marks of one tag in time, a fifth a day later."""
    key = key_of_town()
    for mark in (1, 2, 3, 4):
        put(key, mark, tags=["rude"])
    put(key, 1, on=DAY + timedelta(days=1), tags=["rude"])
    jobs.open_themes(DAY + timedelta(days=1), rules, clocks)
    return Case.objects.get()


def test_a_theme_is_told_with_a_release_and_then_can_be_put_right_or_contested(people, rules, clocks) -> None:
    held, wang = theme(people, rules, clocks), people["wang"]
    late = DAY + timedelta(days=1 + rules.hold)
    assert case_reads.own_themes(wang, RELEASED, clocks) == []
    with pytest.raises(NotPermitted, match="整改"):
        cases.put_right(str(held.pk), act(wang, "已约谈窗口人员", RELEASED), clocks)
    with pytest.raises(FollowupRefused):
        contests.file(About(theme=str(held.pk)), "flooded", act(wang, "x", RELEASED), clocks)
    release(held.on)  # made before the theme was found
    release(late, 2)  # the fifth may not be counted yet
    assert case_reads.own_themes(wang, late, clocks) == []
    told = late + timedelta(days=1)
    release(told, 3)
    (row,) = case_reads.own_themes(wang, told, clocks)
    assert (row.tag, row.id) == ("rude", str(held.pk))
    # nothing of the days on which the marks came or the case was opened
    assert (row.told_on, row.due_on) == (told, clocks.after("answer_days", told))
    assert cases.last(held).due_on not in {row.told_on, row.due_on}
    assert case_reads.own_themes(people["other"], told, clocks) == []
    made = contests.file(About(theme=str(held.pk)), "flooded", act(wang, "同一时段", told), clocks)
    assert made.theme_id == held.pk
    staff = person("staff", Role.FOLLOWUP)
    cases.assign(str(held.pk), staff, act(staff))
    with pytest.raises(NotPermitted):
        cases.put_right(str(held.pk), act(people["other"], "x", told), clocks)
    cases.put_right(str(held.pk), act(wang, "已约谈窗口人员", told), clocks)
    assert cases.last(held).state == "answered"


def flagged(low) -> Flag:
    return Flag.objects.create(
        kind="run", official="G1", post="S1", period=HALF, key="k", ballots=[row.pk for row in low[:2]],
        figures={}, on=DAY,
    )  # fmt: skip


def test_a_flag_leads_two_people_to_an_exclusion_or_to_nothing(low, people, clocks, rules) -> None:
    flag = flagged(low)
    with pytest.raises(FollowupRefused, match="不属于"):
        contests.opine(flag, [str(low[2].pk)], act(people["x"]))
    (row,) = reads.flags(people["x"], DAY, clocks)
    assert row.outcome == ""
    assert reads.flags(people["own"], DAY, clocks) == []
    for by in "xy":
        contests.opine(flag, [str(low[0].pk), str(low[1].pk)], act(people[by]))
    assert Exclusion.objects.count() == 2
    seen = reads.view(people["x"], "flag", str(flag.pk), DAY, clocks, rules)
    assert [one.excluded for one in seen.candidates] == [True, True]


def test_a_ballot_that_two_rulings_name_goes_out_once(low, people, contest) -> None:
    for subject in (flagged(low), contest):
        for by in "xy":
            contests.opine(subject, [str(low[0].pk)], act(people[by]))
    assert Exclusion.objects.count() == 1
    assert Ruling.objects.count() == 2


@pytest.mark.parametrize("wrong", [{"flag": True}, {"contest": None}, {"reason": ""}, {"by": ""}])
def test_the_database_holds_it_too(contest, low, wrong) -> None:
    given = {"contest": contest, "by": "x", "reason": "y", "at": at(DAY)} | wrong
    if wrong.get("flag"):
        given["flag"] = flagged(low)
    with pytest.raises(IntegrityError), transaction.atomic():
        Opinion.objects.create(**given)


@pytest.mark.parametrize("wrong", [{"second": "x"}, {"first": ""}, {"contest": None}])
def test_a_ruling_is_by_two(contest, wrong) -> None:
    given = {"contest": contest, "first": "x", "second": "y", "at": at(DAY)} | wrong
    with pytest.raises(IntegrityError), transaction.atomic():
        Ruling.objects.create(**given)


@pytest.mark.parametrize("wrong", [{"release": None}, {"ground": "x"}, {"statement": ""}])
def test_a_contest_is_about_what_was_shown(contest, wrong) -> None:
    given = {
        "release": contest.release, "official": "G1", "post": "S1", "period": HALF, "ground": "mistaken",
        "statement": "x", "by": "wang", "at": at(DAY),
    } | wrong  # fmt: skip
    with pytest.raises(IntegrityError), transaction.atomic():
        Contest.objects.create(**given)
