"""Reports: taken up at once, sealed from the rated unit, suspended by a leader's signed decision, cleared."""

from datetime import date, timedelta

import pytest
from django.db import IntegrityError, transaction

from hengjian.access.roles import Role
from hengjian.notary.models import Commitment
from hengjian.ratings.followups import jobs
from hengjian.ratings.followups.errors import FollowupRefused
from hengjian.ratings.followups.models import Report, ReportState, ReportStep, ReportVerb, Sealed
from hengjian.ratings.followups.operations import reports
from hengjian.ratings.followups.operations.sealed import open_report
from hengjian.ratings.followups.queries import reports as reads
from hengjian.ratings.followups.telling import Contact, Told, report
from hengjian.ratings.followups.transitions import REPORT, report_after
from hengjian.terms.errors import NotPermitted
from tests.unit.ratings.followups.places import COUNTY, DAY, TOWN, act, at, key_of_town, person, town

pytestmark = pytest.mark.django_db
V, S = ReportVerb, ReportState


@pytest.fixture
def people():
    town()
    return {
        "p": person("p", Role.PROTECTOR), "q": person("q", Role.PROTECTOR), "l": person("l", Role.LEADER),
        "own": person("own", Role.PROTECTOR, TOWN), "county": person("county", Role.PROTECTOR, COUNTY),
        "office": person("office", Role.OFFICE), "staff": person("staff", Role.FOLLOWUP),
    }  # fmt: skip


def told(key, clocks, kind="retaliation", page="1" * 64) -> str:
    report(
        Told(kind, "打分以后停了我的低保", contact=Contact("李某", "13800000000"), key=page),
        key.lock,
        clocks,
        DAY,
    )
    reports.take_up()
    return str(Report.objects.latest("pk").pk)


@pytest.fixture
def one(people, key, clocks) -> str:
    key_of_town()
    return told(key, clocks)


def test_taken_up_once_with_its_seat_and_logged(one) -> None:
    assert reports.take_up() == 0
    made = Report.objects.get()
    assert (made.official, made.post, made.on, made.due_on) == ("G1", "S1", DAY, DAY + timedelta(days=1))
    assert Commitment.objects.filter(kind="followups.report", key=one).count() == 1


def test_whoever_lists_reports_takes_up_what_came_in(people, key, clocks) -> None:
    report(Told("inducement", "送礼换好评"), key.lock, clocks, DAY)
    assert [row.kind for row in reads.rows(people["p"], DAY, clocks)] == ["inducement"]


def test_protected_checked_filed_suspended_found_and_closed(one, people, clocks) -> None:
    p, q, leader = people["p"], people["q"], people["l"]
    way = [
        (V.PROTECT, p, S.PROTECTED), (V.PROTECT, p, S.PROTECTED), (V.CHECK, p, S.CHECKING),
        (V.NOTE, q, S.CHECKING),
        (V.FILE, p, S.FILED), (V.SUSPEND, leader, S.SUSPENDED), (V.FIND, q, S.FOUND), (V.CLOSE, p, S.CLOSED),
    ]  # fmt: skip
    for verb, by, state in way:
        reports.move(one, verb, act(by), clocks, clause="公务员政务处分法第五十二条")
        assert reports.stands(Report.objects.get()).state == state
    steps = list(ReportStep.objects.order_by("number"))
    assert [step.by for step in steps] == ["p", "p", "p", "q", "p", "l", "q", "p"]
    assert Commitment.objects.filter(kind="followups.reportstep").count() == len(way)
    # one working day to decide on suspension, thirty to conclude
    assert (steps[4].due_on, steps[5].due_on) == (DAY + timedelta(days=1), clocks.after("conclude_days", DAY))


def test_a_suspension_is_a_leaders_decision_by_clause(one, people, clocks) -> None:
    for verb in (V.PROTECT, V.CHECK, V.FILE):
        reports.move(one, verb, act(people["p"]), clocks)
    with pytest.raises(FollowupRefused, match="依据"):
        reports.move(one, V.SUSPEND, act(people["l"]), clocks)
    for nobody in ("p", "office", "own", "staff"):
        with pytest.raises(NotPermitted):
            reports.move(one, V.SUSPEND, act(people[nobody]), clocks, clause="第五十二条")
    reports.move(one, V.KEEP, act(people["l"]), clocks, clause="第五十二条")
    assert reports.stands(Report.objects.get()).state == S.KEPT


def test_whoever_decides_on_suspension_does_not_file_or_find(one, people, clocks) -> None:
    both = person("both", Role.LEADER)
    from hengjian.access.operations import grant

    grant(both, Role.PROTECTOR, on=DAY, by=None, reason="按文件")
    for verb, by in ((V.PROTECT, "p"), (V.CHECK, "p")):
        reports.move(one, verb, act(people[by]), clocks)
    reports.move(one, V.FILE, act(both), clocks)
    with pytest.raises(NotPermitted, match="不同的人"):
        reports.move(one, V.SUSPEND, act(both), clocks, clause="第五十二条")
    reports.move(one, V.SUSPEND, act(people["l"]), clocks, clause="第五十二条")


def test_suspended_for_nothing_is_cleared_before_it_is_closed(one, people, clocks) -> None:
    for verb, by in ((V.PROTECT, "p"), (V.CHECK, "p"), (V.FILE, "p"), (V.SUSPEND, "l"), (V.DISMISS, "q")):
        reports.move(one, verb, act(people[by]), clocks, clause="第五十二条")
    with pytest.raises(FollowupRefused, match="澄清"):
        reports.move(one, V.CLOSE, act(people["p"]), clocks)
    reports.move(one, V.CLEAR, act(people["p"], "在本单位会议上澄清并恢复履职"), clocks)
    reports.move(one, V.CLOSE, act(people["p"]), clocks)


def test_sealed_from_the_rated_unit_and_from_everybody_else(one, people, key, clocks) -> None:
    held = Report.objects.get()
    assert [row.id for row in reads.rows(people["county"], DAY, clocks)] == [one]
    assert reads.rows(people["own"], DAY, clocks) == []
    for nobody in ("own", "office", "staff"):
        with pytest.raises(NotPermitted):
            reads.view(people[nobody], one, DAY, clocks)
        with pytest.raises(NotPermitted):
            open_report(held, "check", act(people[nobody]), key)
    for nobody in ("office", "staff"):
        with pytest.raises(NotPermitted):
            reads.rows(people[nobody], DAY, clocks)
    opened = open_report(held, "protect", act(people["p"]), key)
    assert (opened.text, opened.name) == ("打分以后停了我的低保", "李某")
    assert [look.by for look in reads.view(people["p"], one, DAY, clocks).looks] == ["p"]


def test_a_leader_sees_what_was_filed_and_decides_that_alone(one, people, clocks) -> None:
    leader = people["l"]
    assert reads.rows(leader, DAY, clocks) == []
    with pytest.raises(NotPermitted):
        reads.view(leader, one, DAY, clocks)
    for verb in (V.PROTECT, V.CHECK, V.FILE):
        reports.move(one, verb, act(people["p"]), clocks)
    assert reads.view(leader, one, DAY, clocks).verbs == (V.SUSPEND, V.KEEP)
    assert set(reads.view(people["p"], one, DAY, clocks).verbs) == {V.NOTE, V.PROTECT}


def test_a_report_without_a_post_is_for_the_whole_citys_handlers(people, key, clocks) -> None:
    number = told(key, clocks, "inducement", "")
    assert [row.id for row in reads.rows(people["p"], DAY, clocks)] == [number]
    assert reads.rows(people["county"], DAY, clocks) == []
    with pytest.raises(NotPermitted):
        reads.view(people["county"], number, DAY, clocks)


def test_reminded_and_destroyed_in_time(one, people, clocks) -> None:
    assert jobs.remind(at(DAY + timedelta(days=1)), clocks) == (1, 0)
    assert jobs.remind(at(DAY + timedelta(days=4)), clocks) == (1, 0)
    for verb in (V.PROTECT, V.CHECK, V.DISMISS, V.CLOSE):
        reports.move(one, verb, act(people["p"]), clocks)
    assert jobs.erase_old(at(DAY + timedelta(days=179)), clocks) == 0
    assert jobs.erase_old(at(DAY + timedelta(days=180)), clocks) == 1
    assert bytes(Sealed.objects.get().box) == b""
    assert reads.view(people["p"], one, DAY, clocks).erased


def test_clocks_beyond_the_known_holidays_are_fixed_when_they_are_known(people, key, clocks) -> None:
    """A report of the year's last days, and a state it came into then, run from the days they began."""
    key_of_town()
    late = date(2026, 12, 31)
    known = _with_2027(clocks)
    report(Told("retaliation", "年末刁难", key="1" * 64), key.lock, clocks, late)
    reports.take_up()
    number = str(Report.objects.get().pk)
    assert Report.objects.get().due_on is None
    assert jobs.fix_dates(at(late), clocks) == 0
    new_year = at(date(2027, 2, 1))
    assert jobs.fix_dates(new_year, known) == 1
    assert reports.stands(Report.objects.get()).due_on == known.after("protect_days", late)
    assert jobs.fix_dates(new_year, known) == 0
    for verb in (V.PROTECT, V.NOTE, V.CHECK, V.NOTE):
        reports.move(number, verb, act(people["p"], on=late), clocks)
    assert reports.stands(Report.objects.get()).due_on is None
    assert jobs.fix_dates(new_year, known) == 1
    assert reports.stands(Report.objects.get()).due_on == known.after("check_days", late)
    assert reports.stands(Report.objects.get()).state == S.CHECKING
    assert ReportStep.objects.filter(verb=V.DATE, by="").count() == 2
    assert jobs.remind(at(date(2027, 3, 20)), known)[0] == 1


def _with_2027(clocks):
    calendar = clocks.calendar
    years = frozenset({2026, 2027})
    return type(clocks)(type(calendar)(calendar.off, calendar.make_up, years), clocks.days)


@pytest.mark.parametrize("kind", REPORT)
@pytest.mark.parametrize("state", ReportState)
@pytest.mark.parametrize("verb", ReportVerb)
def test_what_the_table_does_not_allow_is_refused(kind, state, verb) -> None:
    sources, _target = REPORT[kind].get(verb, (frozenset(), None))
    if state in sources:
        report_after(kind, verb, state)
        return
    with pytest.raises(FollowupRefused, match="不能"):
        report_after(kind, verb, state)


def test_inducement_knows_no_suspension() -> None:
    assert not {V.FILE, V.SUSPEND, V.KEEP} & set(REPORT["inducement"])
    assert report_after("inducement", V.CHECK, S.OPEN) == S.CHECKING
    with pytest.raises(FollowupRefused):
        report_after("retaliation", V.CHECK, S.OPEN)  # protected first


@pytest.mark.parametrize("number", ["x", "38b8bc5b-4fb4-4df1-8881-7de81370dbdb"])
def test_no_such_report(people, clocks, number) -> None:
    assert reads.view(people["p"], number, DAY, clocks) is None
    with pytest.raises(FollowupRefused, match="没有这件"):
        reports.move(number, V.NOTE, act(people["p"]), clocks)


@pytest.mark.parametrize(
    "wrong", [{"reason": ""}, {"by": ""}, {"verb": V.SUSPEND}, {"state": "x"}, {"number": 0}]
)
def test_the_database_holds_it_too(one, wrong) -> None:
    given = {
        "report_id": one, "number": 1, "verb": V.NOTE, "state": S.OPEN, "by": "p", "reason": "x",
        "at": at(DAY),
    }  # fmt: skip
    with pytest.raises(IntegrityError), transaction.atomic():
        ReportStep.objects.create(**(given | wrong))
