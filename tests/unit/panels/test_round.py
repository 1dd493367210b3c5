"""A round from the own assessment to its marks: order, blindness, small groups, tokens used once."""

import pytest

from hengjian.ratings.panels import closing, filling, reviewing, rows, tokens
from hengjian.ratings.panels.errors import PanelRefused
from hengjian.ratings.panels.models import BlindSheet, Draft, Mark, SignedSheet, TokenIssue, TokenSecret
from hengjian.ratings.panels.queries import mark_sets
from hengjian.terms.period import Period
from tests.unit.panels import marking, team
from tests.unit.panels.team import CHIEF, DEPUTIES, office

pytestmark = pytest.mark.django_db
PERIOD = Period("2026-H1")


@pytest.fixture
def held():
    made = team.drawn()
    reviewing.sign_roll(team.roll_of(made), office(), make=team.keys())
    return made


def close(held):
    return closing.close_round(held, office(team.AFTER))


def test_the_own_assessment_comes_first_and_is_over_when_the_others_begin(held):
    roll = team.roll_of(held)
    own, peer = team.member(roll, CHIEF), team.member(roll, "FS1")
    with pytest.raises(PanelRefused, match="还没有开始"):
        filling.form(peer, office(team.SELF_DAY))
    given = marking.answers(own, "9", team.SELF_DAY)
    with pytest.raises(PanelRefused, match="述职说明"):
        filling.hand_in(own, given, " ", 300, office(team.SELF_DAY))
    with pytest.raises(PanelRefused, match="逐项打分"):
        filling.hand_in(own, dict(list(given.items())[:1]), "做了这些事", 300, office(team.SELF_DAY))
    filling.hand_in(own, given, "做了这些事", 300, office(team.SELF_DAY))
    with pytest.raises(PanelRefused, match="已经提交"):
        filling.form(own, office(team.SELF_DAY))
    assert filling.form(peer, office(team.OPEN_DAY)).questions


def test_a_late_own_assessment_is_refused(held):
    with pytest.raises(PanelRefused, match="截止"):
        filling.form(team.member(team.roll_of(held), CHIEF), office(team.OPEN_DAY))


def test_a_form_asks_for_the_panels_indicators_of_the_post_with_anchors_in_words(held):
    form = filling.form(team.member(team.roll_of(held), "XZ1"), office(team.OPEN_DAY))
    asked = [question.code for question in form.questions]
    assert asked == ["political_quality", "integrity", "team_building", "leading_ranks", "setting_direction"]
    assert all(len(question.anchors) == 5 for question in form.questions)
    assert (form.signed, form.steps) == (True, tuple(range(1, 11)))


def test_a_signed_sheet_is_saved_resumed_and_handed_in_once(held):
    member = team.member(team.roll_of(held), "XZ1")
    filling.save(member, {"integrity": "7"}, "", 40, office(team.OPEN_DAY))
    again = filling.form(member, office(team.OPEN_DAY))
    assert (again.answers, again.seconds) == ({"integrity": "7"}, 40)
    filling.hand_in(member, {"integrity": "8", "team_building": ""}, "", 65, office(team.OPEN_DAY))
    assert SignedSheet.objects.get().answers == {"integrity": "8"}
    assert not Draft.objects.exists()
    for step in (filling.save, filling.hand_in):
        with pytest.raises(PanelRefused, match="已经提交"):
            step(member, {"integrity": "9"}, "", 1, office(team.OPEN_DAY))


@pytest.mark.parametrize("value", ["0", "11", "7.5", "NaN", "Infinity", "八", "1e400"])
def test_a_value_off_the_scale_is_refused(held, value):
    member = team.member(team.roll_of(held), "XZ1")
    with pytest.raises(PanelRefused, match="1 至 10"):
        filling.hand_in(member, {"integrity": value}, "", 10, office(team.OPEN_DAY))


def test_what_is_not_asked_is_refused(held):
    member = team.member(team.roll_of(held), "XZ1")
    with pytest.raises(PanelRefused, match="格式"):
        filling.hand_in(member, {"gep": "9"}, "", 10, office(team.OPEN_DAY))
    with pytest.raises(PanelRefused, match="至少要评一项"):
        filling.hand_in(member, {"integrity": ""}, "", 10, office(team.OPEN_DAY))


def test_nobody_signs_where_names_are_not_asked_and_the_other_way_round(held):
    roll = team.roll_of(held)
    with pytest.raises(PanelRefused, match="匿名"):
        filling.hand_in(team.member(roll, "FS1"), {"integrity": "8"}, "", 9, office(team.OPEN_DAY))
    with pytest.raises(PanelRefused, match="署名"):
        filling.token_for(team.member(roll, "XZ1"), b"x", office(team.OPEN_DAY))


def test_an_institution_declares_before_it_marks(held):
    member = team.member(team.roll_of(held), "JG-03")
    with pytest.raises(PanelRefused, match="独立性声明"):
        filling.form(member, office(team.OPEN_DAY))
    reviewing.declare(member.asked, (), office(team.OPEN_DAY, "JG-03"))
    assert filling.form(member, office(team.OPEN_DAY)).signed


def test_a_token_is_signed_once_and_used_once(held):
    member = team.member(team.roll_of(held), "FS1")
    own = marking.mark_blind(member)
    with pytest.raises(PanelRefused, match="已经发放"):
        marking.token(member)
    given = {"integrity": marking.GOOD}
    with pytest.raises(PanelRefused, match="已经提交"):
        filling.cast(own, given, 9, office(team.OPEN_DAY))
    sheet = BlindSheet.objects.get()
    filling.cast(own, sheet.answers, 9, office(team.OPEN_DAY))  # sent twice by a bad line: counts once
    assert BlindSheet.objects.count() == 1


def test_a_token_of_another_group_or_a_changed_one_opens_nothing(held):
    from dataclasses import replace

    member = team.member(team.roll_of(held), "FS1")
    own = marking.token(member)
    other = tokens.offered(team.member(team.roll_of(held), "ZC1")).pk
    assert other != own.key
    for wrong in (replace(own, key=other), replace(own, prepared=own.prepared[:-1] + b"\0"),
                  replace(own, key="0" * 64), replace(own, prepared=b"")):  # fmt: skip
        with pytest.raises(PanelRefused, match="无效"):
            filling.cast(wrong, {"integrity": "8"}, 9, office(team.OPEN_DAY))


def test_marks_come_with_the_closing_and_not_before(held):
    roll = team.roll_of(held)
    marking.mark_all(roll, {"superiors": "9", "peers": "7"})
    assert not list(mark_sets(PERIOD, team.AFTER))
    with pytest.raises(PanelRefused, match="还没有截止"):
        closing.close_round(held, office(team.OPEN_DAY))
    done = close(held)
    assert (done.signed, done.blind, done.withheld) == (7, 19, 0)
    found = {(s.group, s.stratum, s.indicator): s.values for s in mark_sets(PERIOD, team.AFTER)}
    assert found["superiors", "", "integrity"] == (9.0,) * 3
    assert found["peers", "", "integrity"] == (7.0,) * 6
    assert ("public", "delegates", "integrity") not in found, "three delegates are fewer than five"
    assert not SignedSheet.objects.filter(member__group="public").exists()
    assert set(Mark.objects.values_list("given_on", flat=True)) == {team.CLOSES}
    assert not TokenSecret.objects.exists()
    with pytest.raises(PanelRefused, match="结束"):
        close(held)


def test_rows_for_calibration_name_raters_who_sign_and_cells_of_those_who_do_not(held):
    from hengjian.scoring.snapshot import Seat

    marking.mark_all(team.roll_of(held))
    close(held)
    policy = office().policy.in_force(team.OPENS)

    class Where:
        official, post, organisation = CHIEF, "ZS-P", team.TOWN

    found = list(rows.rated_marks(PERIOD, team.AFTER, [Where], policy))  # type: ignore[list-item]
    assert Seat
    assert {one.rater is None for one in found if one.group in {"peers", "subordinates"}} == {True}
    assert len({one.rater for one in found if one.group == "superiors"}) == 3
    assert {one.cell for one in found if one.group == "peers"} == {"T01/peers"}
    assert {one.cell for one in found if one.group == "superiors"} == {"C01/superiors"}
    assert found == sorted(found, key=rows._order)


def test_traces_tell_how_a_sheet_was_filled_and_nobodys_name(held):
    roll = team.roll_of(held)
    for code in DEPUTIES[:5]:
        marking.mark_blind(team.member(roll, code), "10", seconds=4)
    marking.mark_signed(team.member(roll, "XZ1"), seconds=77)
    close(held)
    found = rows.sheet_traces(PERIOD, team.AFTER, team.SALT)
    assert [(one.rater is None, one.seconds) for one in found] == [*[(True, 0)] * 5, (False, 77)]
    assert {value for _code, value in found[0].answers} == {10.0}


def test_whoever_has_begun_no_longer_withdraws(held):
    roll = team.roll_of(held)
    marking.mark_blind(team.member(roll, "FS1"))
    with pytest.raises(PanelRefused, match="不能再回避"):
        reviewing.recuse(team.member(roll, "FS1"), office(team.OPEN_DAY), reason="x")
    reviewing.recuse(team.member(roll, "FS2"), office(team.OPEN_DAY), reason="个案利害关系")
    with pytest.raises(PanelRefused, match="回避"):
        filling.form(team.member(roll, "FS2"), office(team.OPEN_DAY))
    with pytest.raises(PanelRefused, match="没有评价凭证"):
        tokens.sign_token(team.member(roll, "FS2"), b"x", office(team.OPEN_DAY))


def test_what_is_kept_of_asking_and_of_saying_has_no_column_in_common(held):
    roll = team.roll_of(held)
    for code in DEPUTIES:
        marking.mark_blind(team.member(roll, code))
    asked = {str(value) for row in TokenIssue.objects.values_list() for value in row}
    said = {str(value) for row in BlindSheet.objects.values_list("pk", "token") for value in row}
    assert not asked & said


def test_an_anonymous_group_of_too_few_is_not_asked_and_has_no_key(held):
    one = team.member(team.roll_of(held), "DB-10")
    assert tokens.offered(one) is None
    with pytest.raises(PanelRefused, match="人数不足"):
        filling.form(one, office(team.OPEN_DAY))
    with pytest.raises(PanelRefused, match="没有评价凭证"):
        tokens.sign_token(one, b"x", office(team.OPEN_DAY))


def test_sheets_of_a_group_in_which_too_few_marked_are_not_used(held):
    roll = team.roll_of(held)
    for code in DEPUTIES[:4]:
        marking.mark_blind(team.member(roll, code))
    marking.mark_signed(team.member(roll, "XZ1"))
    done = close(held)
    assert (done.signed, done.blind, done.withheld) == (1, 4, 4)
    assert {one.group for one in mark_sets(PERIOD, team.AFTER)} == {"superiors"}
    assert {one.group for one in rows.sheet_traces(PERIOD, team.AFTER, team.SALT)} == {"superiors"}


def test_what_too_few_of_a_group_answered_becomes_no_mark(held):
    roll = team.roll_of(held)
    for at, code in enumerate(DEPUTIES[:5]):
        member = team.member(roll, code)
        given = marking.answers(member)
        assert len(given) > 1
        left_out = min(given)
        if at == 0:  # 不了解
            del given[left_out]
        filling.cast(marking.token(member), given, 100, office(team.OPEN_DAY, ""))
    close(held)
    found = {one.indicator: len(one.values) for one in mark_sets(PERIOD, team.AFTER) if one.group == "peers"}
    assert left_out not in found
    assert set(found.values()) == {5}
