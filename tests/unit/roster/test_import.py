"""An import stands whole or not at all; every refused cell is named; nothing is lost silently."""

import datetime as dt
from decimal import Decimal

import pytest
from roster_sample import NOW, WORDS, sample

from hengjian.roster.models import (
    Change,
    ImportBatch,
    Official,
    Organisation,
    Post,
    Tenure,
    ZoneAssignment,
)
from hengjian.roster.operations import import_workbook

pytestmark = pytest.mark.django_db
MODELS = (Organisation, ZoneAssignment, Post, Official, Tenure)


def run(path, **more):
    return import_workbook(path, by="office", now=NOW, words=WORDS, **more)


def everything():
    return [list(model.objects.order_by("pk").values()) for model in MODELS]


def changed(table, row, column, value):
    rows = sample()
    rows[table][row][column] = value
    return rows


def test_a_workbook_becomes_the_roster(book):
    report = run(book(sample()))
    assert [str(cell) for cell in report.refused] == []
    assert [model.objects.count() for model in MODELS] == [4, 3, 3, 3, 4]
    township = Organisation.objects.get(code="990101001")
    assert (township.path, township.level) == ("/9901/990101/990101001/", "township")
    assert township.short_name == township.name
    assert Post.objects.get(code="P1").level == "township"
    assert Official.objects.get(code="A001").sort_key.startswith("zhang1 yi1")
    assert Official.objects.get(code="A002").sort_key == "shan4 er4"
    tenure = Tenure.objects.get(official__code="A001", post__code="P1")
    assert (tenure.until, tenure.opening_debt_ratio) == (dt.date(2026, 2, 14), Decimal("180.5"))
    batch = ImportBatch.objects.get(pk=report.batch)
    assert (batch.by, batch.at, batch.file_digest) == ("office", NOW, report.digest)
    assert batch.counts["tenure"] == {"new": 4, "changed": 0, "same": 0}


def test_the_same_file_again_changes_nothing(book):
    path = book(sample())
    run(path)
    before = everything()
    report = run(path)
    assert report.accepted
    assert report.changes == 0
    assert everything() == before
    assert not Change.objects.exists()


@pytest.mark.parametrize(
    ("table", "row", "column", "value", "where", "code"),
    [
        ("机构", 3, 4, "990199", "机构!E4", "roster.unknown"),
        ("机构", 1, 3, "乡镇级", "机构!D3", "roster.level"),
        ("机构", 2, 3, "镇级", "机构!D3", "sheets.choice"),
        ("机构", 2, 1, None, "机构!B3", "sheets.missing"),
        ("机构", 4, 0, "990101001", "机构!A5", "roster.twice"),
        ("机构", 2, 6, "1999-12-31", "机构!G3", "roster.dates"),
        ("机构", 3, 5, "2000-02-30", "机构!F4", "sheets.date"),
        ("机构", 3, 5, "3000-02-03", "机构!F4", "sheets.date_range"),
        ("机构", 3, 0, 1234567890123456789, "机构!A4", "sheets.precision"),
        ("机构", 3, 0, "=1+1", "机构!A4", "sheets.code"),
        ("功能区划定", 2, 1, "旅游区", "功能区划定!B3", "sheets.choice"),
        ("功能区划定", 2, 2, "2025-06-01", "功能区划定!C3", "roster.zone_overlap"),
        ("岗位", 1, 2, "000000", "岗位!C2", "roster.unknown"),
        ("岗位", 1, 8, "1999-01-01", "岗位!I2", "roster.outside"),
        ("岗位", 3, 6, "也许", "岗位!G4", "sheets.flag"),
        ("干部", 1, 1, "张\n一", "干部!B2", "sheets.control"),
        ("任职", 1, 4, "180％", "任职!E2", "sheets.number"),
        ("任职", 1, 4, -1, "任职!E2", "sheets.range"),
        ("任职", 1, 3, "2026-02-15", "任职!C3", "roster.two_holders"),
        ("任职", 4, 0, "A009", "任职!A5", "roster.unknown"),
        ("任职", 3, 2, "2009-12-31", "任职!C4", "roster.outside"),
    ],
)
def test_a_wrong_cell_is_named_and_nothing_is_written(book, table, row, column, value, where, code):
    report = run(book(changed(table, row, column, value)))
    assert (where, code) in {(cell.where, cell.code) for cell in report.refused}
    assert all(cell.what and cell.do for cell in report.refused)
    assert report.batch is None
    assert everything() == [[], [], [], [], []]
    assert not ImportBatch.objects.exists()


def test_every_wrong_cell_is_listed_in_the_order_of_the_file(book):
    rows = sample()
    rows["机构"][2][3] = "镇级"
    rows["机构"][3][5] = "昨天"
    rows["任职"][1][4] = "很高"
    rows["任职"][4][2] = None
    places = [cell.where for cell in run(book(rows)).refused if cell.code.startswith("sheets.")]
    assert places == ["机构!D3", "机构!F4", "任职!E2", "任职!C5"]


def test_one_official_is_not_twice_at_once_on_a_shared_post(book):
    rows = sample()
    rows["任职"].append(["A002", "P2", "2024-01-01", None, None])
    report = run(book(rows))
    assert [(c.where, c.code) for c in report.refused] == [("任职!C6", "roster.twice_at_once")]
    rows["任职"][-1][0] = "A003"
    assert run(book(rows)).accepted


def test_an_organisation_cannot_stand_under_itself(book):
    rows = sample()
    rows["机构"][1][4] = "990101"
    assert "roster.circle" in {cell.code for cell in run(book(rows)).refused}


def test_an_ending_is_a_dated_change_with_its_author(book):
    run(book(sample()))
    report = run(book({"任职": [sample()["任职"][0], ["A002", "P2", "2022-05-01", "2026-06-30", None]]}))
    assert report.counts["tenure"] == {"new": 0, "changed": 1, "same": 0}
    assert Tenure.objects.count() == 4
    change = Change.objects.get()
    assert (change.field, change.old, change.new) == ("until", "", "2026-06-30")
    assert (change.key, change.batch.by) == ("A002 · P2 · 2022-05-01", "office")


def test_an_old_file_does_not_undo_an_ending_but_the_word_does(book):
    run(book(sample()))
    head = sample()["任职"][0]
    run(book({"任职": [head, ["A002", "P2", "2022-05-01", "2026-06-30", None]]}))
    assert run(book(sample())).changes == 0
    assert Tenure.objects.get(official__code="A002").until == dt.date(2026, 6, 30)
    assert run(book({"任职": [head, ["A002", "P2", "2022-05-01", "至今", None]]})).changes == 1
    assert Tenure.objects.get(official__code="A002").until is None


def test_hand_over_in_one_file_ends_and_succeeds(book):
    run(book(sample()))
    head = sample()["任职"][0]
    after = [head, ["A002", "P1", "2026-07-01", None, 220], ["A003", "P1", "2026-02-15", "2026-06-30", None]]
    assert run(book({"任职": after})).accepted
    assert Tenure.objects.filter(post__code="P1", until=None).get().official.code == "A002"


def test_a_frozen_debt_ratio_is_refused_at_its_cell(book):
    run(book(sample()))
    rows = {"任职": [sample()["任职"][0], ["A001", "P1", "2021-03-01", None, 99]]}
    report = run(book(rows))
    assert [(c.where, c.code) for c in report.refused] == [("任职!E2", "roster.debt_ratio_frozen")]
    assert "180.5" in report.refused[0].what


def test_a_post_keeps_its_organisation(book):
    run(book(sample()))
    rows = {"岗位": sample()["岗位"]}
    rows["岗位"][1][2] = "990101002"
    assert [(c.where, c.code) for c in run(book(rows)).refused] == [("岗位!C2", "roster.post_moved")]


def test_a_post_with_two_holders_cannot_become_single(book):
    rows = sample()
    rows["任职"].append(["A003", "P2", "2024-01-01", None, None])
    run(book(rows))
    posts = {"岗位": sample()["岗位"]}
    posts["岗位"][2][7] = "是"
    assert [(c.where, c.code) for c in run(book(posts)).refused] == [("岗位!H3", "roster.two_holders")]


def test_an_organisation_with_open_posts_is_not_ended(book):
    run(book(sample()))
    rows = {"机构": [sample()["机构"][0], sample()["机构"][3]]}
    rows["机构"][1][6] = "2026-06-30"
    report = run(book(rows))
    assert [(c.where, c.code) for c in report.refused] == [("机构!G2", "roster.outside")]
    assert "P1" in report.refused[0].what


def test_moving_an_organisation_moves_all_below_it(book):
    rows = sample()
    rows["机构"].append(["990102", "云溪市白石县（合成）", "白石", "县级", "9901", "2000-01-01", None])
    run(book(rows))
    moved = {
        "机构": [
            rows["机构"][0],
            ["990101", "云溪市青禾县（合成）", "青禾", "县级", "990102", "2000-01-01", None],
        ]
    }
    assert run(book(moved)).accepted
    assert Organisation.objects.get(code="990101001").path == "/9901/990102/990101/990101001/"


def test_checking_only_writes_nothing(book):
    report = run(book(sample()), check_only=True)
    assert report.accepted
    assert report.counts["organisation"]["new"] == 4
    assert everything() == [[], [], [], [], []]


def test_unknown_sheets_and_columns_are_named(book):
    rows = {"机 构": sample()["机构"], "干部": [["干部编号", "姓名", "身份证号"], ["A1", "甲", "x"]]}
    found = {(c.where, c.code) for c in run(book(rows)).refused}
    assert found == {("机 构", "sheets.sheet"), ("干部!C1", "sheets.column")}


def test_a_missing_column_is_named(book):
    report = run(book({"干部": [["姓名"], ["甲"]]}))
    assert "干部编号" in report.refused[0].what
    assert report.refused[0].where == "干部!1"
