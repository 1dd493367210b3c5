"""A low mark opens one case; it is handled by another unit, step by step, within its deadline."""

from datetime import date, timedelta

import pytest
from django.db import IntegrityError, connection, transaction

from hengjian.access.roles import Role
from hengjian.notary.models import Commitment
from hengjian.ratings.ballots.models import Reply
from hengjian.ratings.followups import jobs
from hengjian.ratings.followups.errors import FollowupRefused
from hengjian.ratings.followups.models import Case, Kind, Reminder, State, Step, Verb
from hengjian.ratings.followups.operations import cases
from hengjian.ratings.followups.queries import cases as reads
from hengjian.ratings.followups.transitions import CASE, after
from hengjian.terms.errors import NotPermitted
from tests.unit.ratings.followups.places import (
    COUNTY,
    DAY,
    HALF,
    OTHER,
    TOWN,
    act,
    at,
    key_of_town,
    only_case,
    person,
    put,
    town,
)  # fmt: skip

pytestmark = pytest.mark.django_db
NEXT = DAY + timedelta(days=1)


@pytest.fixture
def staff():
    """Two of the city, one of the county above, one of another county, one of the town itself."""
    town()
    return {
        "a": person("a", Role.FOLLOWUP), "b": person("b", Role.FOLLOWUP),
        "county": person("county", Role.FOLLOWUP, COUNTY), "other": person("other", Role.FOLLOWUP, OTHER),
        "own": person("own", Role.FOLLOWUP, TOWN), "office": person("office", Role.OFFICE),
    }  # fmt: skip


@pytest.fixture
def case(staff, rules, clocks) -> str:
    put(key_of_town(), 2, comment="办事员张三让我跑了五趟，电话13800000000", tags=["slow"])
    jobs.open_cases(NEXT, rules, clocks)
    return only_case()


def test_each_low_mark_opens_one_case_due_in_fifteen_working_days(staff, rules, clocks) -> None:
    key = key_of_town()
    first = put(key, 4)
    put(key, 5)
    put(key, 1, on=NEXT)  # of the day itself: the night after opens it
    for _ in range(2):
        jobs.open_cases(NEXT, rules, clocks)
    case = Case.objects.get()
    assert (case.ballot_id, case.official, case.post, case.period) == (first.pk, "G1", "S1", HALF)
    step = Step.objects.get()
    # 15 working days after Thursday 5 March; Tomb-sweeping lies later
    assert (step.verb, step.state, step.due_on) == (Verb.OPEN, State.OPEN, date(2026, 3, 26))
    assert step.at == at(NEXT, 8) - timedelta(hours=8)  # a day, no hour
    for kind, row in (("followups.case", case), ("followups.step", step)):
        assert Commitment.objects.filter(kind=kind, key=str(row.pk)).count() == 1


def test_an_amended_ballot_has_one_case_and_shows_its_newest_mark(staff, rules, clocks) -> None:
    key = key_of_town()
    first = put(key, 2, tags=["slow"])
    jobs.open_cases(NEXT, rules, clocks)
    put(key, 3, on=NEXT)
    later = NEXT + timedelta(days=1)
    amended = put_amendment(first, 3, later)
    jobs.open_cases(later + timedelta(days=1), rules, clocks)
    assert Case.objects.filter(ballot=first).count() == 1
    assert not Case.objects.filter(ballot=amended).exists()
    shown = reads.view(staff["a"], str(Case.objects.get(ballot=first).pk), later, clocks)
    assert (shown.said.mark, shown.said.amended) == (3, True)


def put_amendment(first, mark, on):
    made = type(first)(
        key=first.key, token=None, receipt=first.receipt, mark=mark, how="self", on=on, supersedes=first
    )
    made.save(force_insert=True)
    return made


def test_from_open_to_closed_with_every_step_signed(case, staff, clocks) -> None:
    a, b = staff["a"], staff["b"]
    cases.assign(case, a, act(b, "由甲承办"))
    cases.call(case, act(a, "电话回访，愿意再办一次"))
    cases.answer(case, act(a, "已补办，并向当事人致歉"))
    assert Reply.objects.get().text == "已补办，并向当事人致歉"
    cases.give_back(case, act(b, "未说明原因"))
    cases.answer(case, act(a, "原因是材料清单有误，已更正"))
    cases.close(case, act(b, "属实，已整改"))
    steps = list(Step.objects.order_by("number"))
    assert [(step.verb, step.state, step.by) for step in steps[1:]] == [
        ("assign", "assigned", "b"), ("call", "assigned", "a"), ("answer", "answered", "a"),
        ("return", "returned", "b"), ("answer", "answered", "a"), ("close", "closed", "b"),
    ]  # fmt: skip
    assert {step.handler for step in steps[1:]} == {"a"}
    assert Commitment.objects.filter(kind="followups.step").count() == len(steps)
    cases.reopen(case, act(b, "评价人回复仍未解决"))
    assert reads.view(a, case, NEXT, clocks).row.state == State.RETURNED


def test_nobody_of_the_rated_unit_reads_or_handles_it(case, staff, clocks) -> None:
    insider = person("insider", Role.FOLLOWUP)
    grant_official(insider, "G1")
    for user in (staff["own"], staff["other"], insider):
        assert reads.rows(user, DAY, clocks) == []
        with pytest.raises(NotPermitted):
            reads.view(user, case, DAY, clocks)
        with pytest.raises(NotPermitted):
            cases.assign(case, user, act(user))
        with pytest.raises(NotPermitted):
            cases.assign(case, user, act(staff["a"]))
    for user in (staff["office"], person("wang", Role.OFFICIAL, official="G1")):
        with pytest.raises(NotPermitted):
            reads.rows(user, DAY, clocks)
    assert [user.username for user in reads.handlers(Case.objects.get(), DAY)] == ["a", "b", "county"]
    assert [row.id for row in reads.rows(staff["county"], DAY, clocks)] == [case]


def grant_official(user, official) -> None:
    from hengjian.access.operations import Scope, grant

    grant(
        user, Role.OFFICIAL, on=date(2025, 1, 1), by=None, reason="按文件", scope=Scope(official_id=official)
    )


def test_the_comment_is_redacted(case, staff, clocks) -> None:
    said = reads.view(staff["a"], case, DAY, clocks).said
    assert said.comment == "办事员张三让我跑了五趟，电话〔电话〕"
    assert (said.mark, said.tags, said.on) == (2, ("slow",), DAY)


def test_only_the_handler_answers_and_nobody_judges_the_own_answer(case, staff) -> None:
    a, b = staff["a"], staff["b"]
    cases.assign(case, a, act(b))
    for deed in (cases.answer, cases.call):
        with pytest.raises(NotPermitted, match="承办人"):
            deed(case, act(b))
    cases.answer(case, act(a))
    for deed in (cases.close, cases.give_back):
        with pytest.raises(NotPermitted, match="自己的答复"):
            deed(case, act(a))
    with pytest.raises(FollowupRefused, match="说明"):
        cases.close(case, act(b, "  "))


@pytest.mark.parametrize("state", State)
@pytest.mark.parametrize("verb", [verb for verb in Verb if verb is not Verb.OPEN])
def test_what_the_table_does_not_allow_is_refused(state, verb) -> None:
    sources, target = CASE[verb]
    if state in sources:
        assert after(verb, state) == (target or state)
        return
    with pytest.raises(FollowupRefused, match="不能"):
        after(verb, state)


def test_reminded_before_and_escalated_after_the_deadline_once(case, staff, clocks) -> None:
    due = date(2026, 3, 26)
    assert jobs.remind(at(date(2026, 3, 20)), clocks) == (0, 0)
    assert jobs.remind(at(date(2026, 3, 23)), clocks) == (1, 0)
    assert jobs.remind(at(due), clocks) == (0, 0)
    assert jobs.remind(at(due + timedelta(days=1)), clocks) == (1, 1)
    assert jobs.remind(at(due + timedelta(days=2)), clocks) == (0, 0)
    assert list(Reminder.objects.order_by("on").values_list("notice", flat=True)) == ["near", "past"]
    (row,) = reads.rows(staff["a"], due + timedelta(days=2), clocks)
    assert (row.state, row.tone) == (State.ESCALATED, "bad")
    assert len(reads.reminders(staff["a"], DAY)) == 2
    assert reads.reminders(staff["own"], DAY) == []
    cases.assign(case, staff["a"], act(staff["b"]))  # and it can still be worked at


def test_colours_of_deadlines(clocks) -> None:
    due, near = date(2026, 3, 26), clocks.after("remind_days", date(2026, 3, 23))
    assert near == due
    assert reads.tone("open", due, date(2026, 3, 27), near) == "bad"
    assert reads.tone("open", due, date(2026, 3, 23), near) == "warn"
    assert reads.tone("open", due, date(2026, 3, 20), date(2026, 3, 25)) == "good"
    assert reads.tone("closed", due, date(2026, 3, 27), near) == ""


def test_a_deadline_that_cannot_be_told_yet_is_fixed_when_it_can(staff, rules, clocks) -> None:
    late = date(2026, 12, 20)
    put(key_of_town(), 2, on=late)
    jobs.open_cases(late + timedelta(days=1), rules, clocks)
    assert Step.objects.get().due_on is None
    assert jobs.fix_dates(at(late), clocks) == 0
    known = type(clocks)(
        type(clocks.calendar)(clocks.calendar.off, clocks.calendar.make_up, frozenset({2026, 2027})),
        clocks.days,
    )
    assert jobs.fix_dates(at(late), known) == 1
    assert jobs.fix_dates(at(late), known) == 0
    assert Step.objects.order_by("-number")[0].due_on == date(2027, 1, 8)


def test_three_low_marks_with_a_tag_enter_the_problem_list_once(staff, rules, clocks) -> None:
    key = key_of_town()
    for _ in range(2):
        put(key, 2, tags=["rude", "slow"])
    assert jobs.open_themes(NEXT, rules, clocks) == 0
    put(key, 3, tags=["rude"])
    put(key, 9, tags=["slow"])
    assert jobs.open_themes(NEXT, rules, clocks) == 1
    assert jobs.open_themes(NEXT, rules, clocks) == 0
    case = Case.objects.get()
    assert (case.kind, case.tag, case.ballot) == (Kind.THEME, "rude", None)


@pytest.mark.parametrize(
    ("table", "given"),
    [
        (Step, {"reason": ""}),
        (Step, {"verb": Verb.ANSWER, "by": ""}),
        (Step, {"state": State.ASSIGNED, "handler": ""}),
        (Step, {"state": "x"}),
        (Step, {"verb": "x"}),
        (Step, {"number": 0}),
        (Case, {"kind": Kind.THEME}),
        (Case, {"tag": "rude"}),
        (Case, {"period": "2026"}),
        (Case, {"post": ""}),
    ],
)
def test_the_database_holds_it_too(case, table, given) -> None:
    row = Step.objects.get()
    usual = {
        Step: {"case": row.case, "number": 2, "verb": Verb.OPEN, "state": State.OPEN, "reason": "x",
               "at": row.at},
        Case: {"kind": Kind.LOW_MARK, "ballot": put(row.case.ballot.key, 1), "official": "G1", "post": "S1",
               "period": HALF, "on": DAY},
    }[table]  # fmt: skip
    with pytest.raises(IntegrityError), transaction.atomic():
        table.objects.create(**(usual | given))


def test_nothing_of_it_is_changed(case) -> None:
    for change in ("UPDATE followups_step SET reason = 'x'", "DELETE FROM followups_case"):
        with pytest.raises(IntegrityError), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(change)
