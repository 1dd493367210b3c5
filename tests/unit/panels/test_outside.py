"""Links without an account, third parties' spreadsheets, progress that singles nobody out."""

from datetime import timedelta
from pathlib import Path

import pytest
import xlsxwriter
from python_calamine import CalamineWorkbook

from hengjian.access import operations
from hengjian.access.roles import Role
from hengjian.ratings.panels import admitting, closing, progress, reviewing, third_parties
from hengjian.ratings.panels.errors import PanelRefused
from hengjian.ratings.panels.models import Link, SignedSheet
from hengjian.ratings.panels.rolls import rules_of
from tests.unit.panels import marking, team
from tests.unit.panels.team import office

pytestmark = pytest.mark.django_db


@pytest.fixture
def held():
    made = team.drawn()
    reviewing.sign_roll(team.roll_of(made), office(), make=team.keys())
    return made


def test_links_go_to_those_without_an_account_and_only_once(held):
    made = admitting.issue_links(held, office(team.OPEN_DAY))
    assert {one.rater[:2] for one in made} == {"ZZ", "JG", "WG", "GZ"}, (
        "three delegates are too few to be asked"
    )
    assert admitting.issue_links(held, office(team.OPEN_DAY)) == [], "each holds one that serves"
    assert [one.rater for one in admitting.issue_links(held, office(team.OPEN_DAY), ["FS1"])] == ["FS1"]


def test_who_has_an_account_gets_no_link_so_that_nobody_marks_in_that_place(held):
    own = operations.create_user("fs1", "甲", now=team.BEFORE)
    given = operations.grant(
        own, Role.OFFICIAL, on=team.SINCE, by=None, reason="测试", scope=operations.Scope(official_id="FS1")
    )
    with pytest.raises(PanelRefused, match="有账号，不发链接"):
        admitting.issue_links(held, office(team.OPEN_DAY), ["FS2", "FS1"])
    assert not Link.objects.exists()
    operations.revoke(given, on=team.SINCE, by=own, reason="测试")
    assert len(admitting.issue_links(held, office(team.OPEN_DAY), ["FS2", "FS1"])) == 2


def test_a_link_opens_once_until_its_end_and_not_when_revoked(held):
    first, second, third = admitting.issue_links(held, office(team.OPEN_DAY))[:3]
    link = admitting.open_link(first.secret, team.OPEN_DAY)
    assert admitting.let_in(str(link.pk), team.OPEN_DAY).outsider.code == first.rater
    with pytest.raises(PanelRefused, match="启用过"):
        admitting.open_link(first.secret, team.OPEN_DAY)
    with pytest.raises(PanelRefused, match="过期"):
        admitting.open_link(second.secret, second.expires_at)
    with pytest.raises(PanelRefused, match="过期"):
        admitting.let_in(str(link.pk), first.expires_at)
    # the list tells nobody which of the anonymous raters has begun
    assert {row.state for row in progress.link_rows(held, team.OPEN_DAY)} == {"serving"}
    admitting.revoke_link(Link.objects.get(pk=third.link), office(team.OPEN_DAY), reason="遗失")
    with pytest.raises(PanelRefused, match="作废"):
        admitting.open_link(third.secret, team.OPEN_DAY)
    admitting.revoke_link(link, office(team.OPEN_DAY), reason="换设备")
    with pytest.raises(PanelRefused, match="作废"):
        admitting.let_in(str(link.pk), team.OPEN_DAY)
    again = admitting.issue_links(held, office(team.OPEN_DAY))
    assert {one.rater for one in again} == {first.rater, third.rater}


@pytest.mark.parametrize("secret", ["", "x", "0" * 65, "链接", "' OR 1=1 --"])
def test_what_is_no_secret_opens_nothing(held, secret):
    with pytest.raises(PanelRefused, match="没有这个链接"):
        admitting.open_link(secret, team.OPEN_DAY)


def test_no_link_outlives_its_round(held):
    made = admitting.issue_links(held, office(team.OPEN_DAY))
    assert {one.expires_at for one in made} == {admitting.end_of(held)}
    with pytest.raises(PanelRefused, match="截止"):
        admitting.issue_links(held, office(admitting.end_of(held)))


def filled(template: bytes, path: Path, values) -> bytes:
    """The template with what somebody typed: values by row, from the first."""
    (path / "t.xlsx").write_bytes(template)
    rows = CalamineWorkbook.from_path(str(path / "t.xlsx")).get_sheet_by_index(0).to_python()
    book = xlsxwriter.Workbook(str(path / "f.xlsx"))
    page = book.add_worksheet("第三方评价")
    for at, row in enumerate(rows):
        cells = row if at == 0 else [*row[:5], values[at - 1] if at <= len(values) else ""]
        page.write_row(at, 0, cells)
    book.close()
    return (path / "f.xlsx").read_bytes()


def test_a_third_partys_file_is_taken_whole(held, tmp_path):
    asked = team.member(team.roll_of(held), "JG-03").asked
    with pytest.raises(PanelRefused, match="独立性声明"):
        third_parties.template(asked, office(team.OPEN_DAY))
    reviewing.declare(asked, (), office(team.OPEN_DAY, "JG-03"))
    template = third_parties.template(asked, office(team.OPEN_DAY))
    done = third_parties.hand_in_file(
        filled(template, tmp_path, [8, 9, 7, "", 10]), "f.xlsx", asked, office(team.OPEN_DAY)
    )
    assert (done.sheets, done.marks, done.refused) == (1, 4, ())
    assert SignedSheet.objects.get().answers == {
        "political_quality": "8", "integrity": "9", "team_building": "7", "setting_direction": "10",
    }  # fmt: skip
    with pytest.raises(PanelRefused, match="没有待评"):
        third_parties.template(asked, office(team.OPEN_DAY))


def test_one_wrong_cell_refuses_all_and_each_is_named_by_its_place(held, tmp_path):
    asked = team.member(team.roll_of(held), "JG-03").asked
    reviewing.declare(asked, (), office(team.OPEN_DAY, "JG-03"))
    template = third_parties.template(asked, office(team.OPEN_DAY))
    wrong = filled(template, tmp_path, [8, 11, "好", 7.5, 6])
    done = third_parties.hand_in_file(wrong, "f.xlsx", asked, office(team.OPEN_DAY))
    assert done.sheets == 0
    assert {cell.where for cell in done.refused} >= {"第三方评价!F3", "第三方评价!F4", "第三方评价!F5"}
    assert not SignedSheet.objects.exists()


def test_progress_counts_sheets_and_hides_small_anonymous_groups(held):
    roll, rules = team.roll_of(held), rules_of(held, office())
    for code in ("FS1", "FS2", "FS3", "FS4"):
        marking.mark_blind(team.member(roll, code))
    marking.mark_signed(team.member(roll, "XZ1"))
    found = {(one.group, one.signed): one for one in progress.progress(held, rules)}
    assert (found["superiors", True].asked, found["superiors", True].done) == (3, 1)
    assert (found["peers", False].asked, found["peers", False].done) == (6, None)
    marking.mark_blind(team.member(roll, "FS5"))
    again = {(one.group, one.signed): one for one in progress.progress(held, rules)}
    assert (again["peers", False].done, again["peers", False].coarse) == (5, True)
    # who looks before and after one more handed in learns nothing, until the round is over
    marking.mark_blind(team.member(roll, "FS6"))
    assert progress.progress(held, rules) == list(again.values())
    closing.close_round(held, office(team.AFTER))
    over = {(one.group, one.signed): one for one in progress.progress(held, rules)}
    assert (over["peers", False].done, over["peers", False].coarse) == (6, False)


def test_reminders_tell_nobody_which_anonymous_rater_is_late(held):
    roll, rules = team.roll_of(held), rules_of(held, office())
    late = team.OPEN_DAY + timedelta(days=7)
    before = {one.rater for one in progress.reminders(held, rules, late)}
    marking.mark_blind(team.member(roll, "FS1"))
    marking.mark_signed(team.member(roll, "XZ1"))
    after = {one.rater for one in progress.reminders(held, rules, late)}
    assert before - after == {"XZ1"}
    assert progress.reminders(held, rules, team.OPEN_DAY) == []
