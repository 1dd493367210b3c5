"""Marks come in by group and stratum, without raters; what does not fit waits with its cell."""

import json
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from itertools import pairwise

import pytest

from hengjian.ratings.panels import operations, queries, rows
from hengjian.ratings.panels.errors import MarkCorrectionRefused, MarksRefused
from hengjian.ratings.panels.marks import MarkDraft
from hengjian.ratings.panels.models import Mark, MarkBatch, RefusedMark
from hengjian.roster.errors import FileRefused
from hengjian.scoring.snapshot import Seat
from hengjian.terms.period import Period
from tests.unit.panels.conftest import DAY, NOW

HALF = Period("2026-H1")
HEAD = "干部编号,岗位代码,考核周期,评价主体,分层,指标代码,量表,分值,评价日期,署名评价人,票数"
PEER = MarkDraft("G1", "S1", "2026-H1", "peers", Decimal(8), DAY, indicator="political_quality")
BOSS = MarkDraft("G1", "S1", "2026-H1", "superiors", Decimal(9), DAY, rater="市委书记")


def peers(count: int, start: MarkDraft = PEER) -> list[MarkDraft]:
    return [replace(start, value=Decimal(i % 10 + 1)) for i in range(count)]


def seat(official: str = "G1", post: str = "S1") -> Seat:
    return Seat(
        f"{official}@{post}", official, post, "书记", "330100", "", "ecological", "township",
        "principal", date(2024, 1, 1),
    )  # fmt: skip


@pytest.fixture
def sheet(tmp_path):
    def _sheet(*rows: str, head: str = HEAD, name: str = "marks.csv"):
        path = tmp_path / name
        path.write_text("\n".join([head, *rows]) + "\n", encoding="utf-8")
        return path

    return _sheet


def test_marks_are_sorted_sets_without_raters(office) -> None:
    receipt = operations.admit_marks([*peers(6), BOSS], office, source="测试")
    assert (receipt.read, receipt.admitted, receipt.refused, receipt.marks) == (7, 7, 0, 7)
    found = list(queries.marks_for(HALF, NOW, [seat()], office.policy.in_force(DAY)))
    assert [(m.group, m.indicator, m.instrument, m.marks) for m in found] == [
        ("superiors", "", "ten_point", (9.0,)),
        ("peers", "political_quality", "ten_point", (1.0, 2.0, 3.0, 4.0, 5.0, 6.0)),
    ]
    assert {m.seat for m in found} == {"G1@S1"}


def test_of_an_anonymous_mark_nothing_tells_its_giver_or_its_turn(office) -> None:
    drafts = [replace(PEER, value=Decimal(v)) for v in (9, 2, 7, 10, 1, 4)]
    operations.admit_marks(drafts, office, source="测试")
    stored = list(Mark.objects.order_by("pk"))
    assert all(mark.rater_key == "" for mark in stored)
    assert all(one.digest <= two.digest for one, two in pairwise(stored))
    assert "row" not in {field.name for field in Mark._meta.get_fields()}


def test_a_signed_rater_is_a_keyed_digest_that_differs_between_periods(office) -> None:
    operations.admit_marks(
        [BOSS, replace(BOSS, indicator="integrity"), replace(BOSS, period="2026")], office, source="测试"
    )
    keys = list(Mark.objects.order_by("period", "indicator").values_list("rater_key", flat=True))
    assert keys[1] == keys[2] != keys[0]
    other = replace(office, salt=b"another")
    operations.admit_marks([replace(BOSS, given_on=DAY + timedelta(1))], other, source="二")
    assert Mark.objects.filter(rater_key__in=keys).count() == 3
    assert "书记" not in json.dumps(list(Mark.objects.values()), default=str, ensure_ascii=False)


def test_groups_below_the_least_number_never_leave_for_a_freeze(office) -> None:
    operations.admit_marks(peers(4), office, source="四人")
    policy = office.policy.in_force(DAY)
    assert [m.marks for m in queries.marks_for(HALF, NOW, [seat()], policy)] == [()]  # named, but withheld
    assert len(next(queries.mark_sets(HALF, NOW)).values) == 4
    operations.admit_marks([replace(PEER, given_on=DAY - timedelta(1))], office, source="又一人")
    assert len(next(queries.marks_for(HALF, NOW, [seat()], policy)).marks) == 5


@pytest.mark.parametrize("elsewhere", [False, True])
def test_a_few_of_one_stratum_never_leave_beside_many_of_another(office, elsewhere: bool) -> None:
    base = replace(PEER, group="public", indicator="")
    masses = [] if elsewhere else [replace(base, stratum="masses", ballots=40)]
    operations.admit_marks([*masses, replace(base, stratum="delegates", ballots=4)], office, source="测试")
    released = {("G1@S1", "public", "masses"): 40} if elsewhere else {}
    policy = office.policy.in_force(DAY)
    found = {m.stratum: len(m.marks) for m in queries.marks_for(HALF, NOW, [seat()], policy, released)}
    assert found == ({} if elsewhere else {"masses": 40})
    one_more = replace(base, stratum="delegates", value=Decimal(7))
    operations.admit_marks([one_more], office, source="又一人")
    found = {m.stratum: len(m.marks) for m in queries.marks_for(HALF, NOW, [seat()], policy, released)}
    assert found["delegates"] == 5


def with_least(policy, group: str, minimum: int):
    """The policy with another least number of a group."""
    groups = tuple(replace(g, minimum=minimum) if g.code == group else g for g in policy.groups)
    return replace(policy, panels=dict.fromkeys(policy.panels, replace(policy.panel, groups=groups)))


@pytest.mark.parametrize("indicator", ["", "political_quality"])
def test_small_strata_never_leave_together_either(office, indicator: str) -> None:
    base = replace(PEER, group="public", indicator="")
    few = [replace(base, stratum=one, ballots=4) for one in ("delegates", "masses")]
    operations.admit_marks([replace(one, indicator=indicator) for one in few], office, source="测试")
    policy = with_least(office.policy.in_force(DAY), "public", 5)
    found = {m.stratum: m.marks for m in queries.marks_for(HALF, NOW, [seat()], policy)}
    assert found == {"delegates": (), "masses": ()}, "named, as any group of too few; they are not added up"
    assert list(rows.rated_marks(HALF, NOW, [seat()], policy)) == []
    one_more = replace(base, stratum="masses", value=Decimal(7), indicator=indicator)
    operations.admit_marks([one_more], office, source="又一人")
    found = {m.stratum: len(m.marks) for m in queries.marks_for(HALF, NOW, [seat()], policy)}
    assert found == {"masses": 5}
    assert {one.stratum for one in rows.rated_marks(HALF, NOW, [seat()], policy)} == {"masses"}
    shown = {one.stratum: one.withheld for one in queries.shown_marks(HALF, NOW, policy)}
    assert shown == {"delegates": True, "masses": True}


def test_a_small_stratum_makes_up_no_least_number(office) -> None:
    base = replace(PEER, group="public", indicator="")
    some = [replace(base, stratum="masses", ballots=6), replace(base, stratum="delegates", ballots=4)]
    operations.admit_marks(some, office, source="测试")
    policy = with_least(office.policy.in_force(DAY), "public", 10)
    assert [m.marks for m in queries.marks_for(HALF, NOW, [seat()], policy)] == [()]
    assert list(rows.rated_marks(HALF, NOW, [seat()], policy)) == []


def test_two_events_of_the_media_are_no_persons(office) -> None:
    events = replace(PEER, group="media", indicator="", ballots=2)
    operations.admit_marks([events], office, source="测试")
    (found,) = queries.marks_for(HALF, NOW, [seat()], office.policy.in_force(DAY))
    assert found.marks == (8.0, 8.0)


def test_no_policy_can_ask_for_fewer_than_five_who_do_not_sign(office) -> None:
    policy = office.policy.in_force(DAY)
    groups = {group.code: replace(group, minimum=1) for group in policy.groups}
    assert {code: queries.least_of(group) for code, group in groups.items()} == {
        "organisation_department": 1, "superiors": 1, "peers": 5, "public": 5, "third_party": 1, "media": 1,
    }  # fmt: skip


def test_small_cells_are_withheld_from_readers_with_their_neighbour(office) -> None:
    base = replace(PEER, group="public", indicator="")
    many = [replace(base, stratum="masses", ballots=40), replace(base, stratum="delegates", ballots=3)]
    operations.admit_marks([*many, *peers(6)], office, source="测试")
    shown = {
        (cell.group, cell.stratum): cell
        for cell in queries.shown_marks(HALF, NOW, office.policy.in_force(DAY))
    }
    # the delegates are too few; were the masses shown, a total would give the delegates away
    for stratum in ("delegates", "masses"):
        cell = shown["public", stratum]
        assert (cell.withheld, cell.count, cell.values, cell.least) == (True, None, (), 30)
    assert not shown["peers", ""].withheld
    assert len(shown["peers", ""].values) == 6


def test_a_group_that_the_policy_does_not_know_is_never_shown(office) -> None:
    operations.admit_marks(peers(6), office, source="测试")
    policy = office.policy.in_force(DAY)
    panel = policy.panel
    fewer = replace(panel, groups=tuple(g for g in panel.groups if g.code != "peers"))
    without = replace(policy, panels=dict.fromkeys(policy.panels, fewer))
    cells = list(queries.shown_marks(HALF, NOW, without))
    assert [cell.withheld for cell in cells] == [True]


@pytest.mark.parametrize(
    ("draft", "column"),
    [
        (replace(PEER, group="neighbours"), "评价主体"),
        (replace(PEER, stratum="masses"), "分层"),
        (replace(PEER, group="public", indicator=""), "分层"),
        (replace(PEER, instrument="hundred"), "量表"),
        (replace(PEER, value=Decimal(11)), "分值"),
        (replace(PEER, value=Decimal("0.9")), "分值"),
        (replace(PEER, indicator="gep"), "指标代码"),
        (replace(PEER, indicator="charm"), "指标代码"),
        (replace(PEER, post="S2"), "岗位代码"),
        (replace(PEER, official="G9"), "岗位代码"),
        (replace(PEER, period="2026-H3"), "考核周期"),
        (replace(PEER, given_on=date(2026, 7, 11)), "评价日期"),
        (replace(PEER, given_on=date(2019, 7, 11)), "评价日期"),
        (replace(PEER, rater="张三"), "署名评价人"),
        (replace(BOSS, ballots=2), "票数"),
    ],
)
def test_a_mark_that_does_not_fit_the_policy_waits(office, draft, column) -> None:
    receipt = operations.admit_marks([draft, *peers(2)], office, source="测试")
    assert (receipt.admitted, receipt.refused) == (2, 1)
    row = RefusedMark.objects.get()
    assert column in [reason["column"] for reason in row.reasons]
    assert all(reason["what"] and reason["do"] for reason in row.reasons)


def test_a_refused_row_keeps_no_rater_of_an_anonymous_group(office, sheet) -> None:
    receipt = operations.import_marks(
        sheet("G1,S1,2026-H1,peers,,political_quality,,八分,2026-06-20,张三,"), office
    )
    assert receipt.refused == 1
    assert "张三" not in json.dumps(list(RefusedMark.objects.values()), default=str, ensure_ascii=False)


def test_a_sheet_reports_every_refused_cell(office, sheet) -> None:
    receipt = operations.import_marks(
        sheet(
            "G1,S1,2026-H1,peers,,political_quality,,8,2026-06-20,,",
            "G1,S1,2026-H1,peers,,political_quality,,八,2026-06-20,,",
            "G1,S1,2026-H1,public,masses,,,8,2026年6月20日,,25",
            "G1,,2026-H1,peers,,,,8,去年,,",
            "G2,S2,2026-H1,peers,,charm,,8,2026-06-20,,",
        ),
        office,
    )
    assert (receipt.read, receipt.admitted, receipt.refused, receipt.marks) == (5, 2, 3, 26)
    assert [reason.cell for reason in receipt.report] == ["H3", "B5", "I5", ""]
    assert [row.row for row in RefusedMark.objects.order_by("pk")] == [3, 5, 6]


def test_a_file_is_taken_in_once(office, sheet) -> None:
    path = sheet("G1,S1,2026-H1,peers,,,,8,2026-06-20,,")
    operations.import_marks(path, office)
    with pytest.raises(MarksRefused) as found:
        operations.import_marks(path, office)
    assert found.value.code == "marks.twice"
    assert Mark.objects.count() == 1


def test_a_file_with_another_header_is_refused_whole(office, sheet) -> None:
    with pytest.raises(FileRefused):
        operations.import_marks(sheet("1", head="成绩"), office)
    assert not MarkBatch.objects.exists()


def test_a_corrected_file_supersedes_the_whole_earlier_one_from_then_on(office, sheet) -> None:
    first = operations.import_marks(sheet("G1,S1,2026-H1,public,masses,,,8,2026-06-20,,40"), office)
    later = replace(office, now=NOW + timedelta(days=1))
    path = sheet("G1,S1,2026-H1,public,masses,,,9,2026-06-20,,30", name="b.csv")
    operations.import_marks(path, later, supersedes=first.batch)
    policy = office.policy.in_force(DAY)
    assert set(next(queries.marks_for(HALF, NOW, [seat()], policy)).marks) == {8.0}
    assert next(queries.marks_for(HALF, later.now, [seat()], policy)).marks == (9.0,) * 30
    third = sheet("G1,S1,2026-H1,public,masses,,,7,2026-06-20,,30", name="c.csv")
    with pytest.raises(MarksRefused) as found:
        operations.import_marks(third, later, supersedes=first.batch)
    assert found.value.code == "marks.batch"
    with pytest.raises(MarksRefused):
        operations.import_marks(third, later, supersedes="no uuid")


def test_a_refused_mark_can_be_corrected_once(office, sheet) -> None:
    operations.import_marks(sheet("G1,S1,2026-H1,peers,,political_quality,,80,2026-06-20,,"), office)
    number = RefusedMark.objects.get().pk
    with pytest.raises(MarkCorrectionRefused) as found:
        operations.correct_mark(number, {"分值": "12"}, office, reason="录错")
    assert found.value.code == "marks.still_wrong"
    with pytest.raises(MarkCorrectionRefused):
        operations.correct_mark(number, {"分值": "80"}, office, reason="录错")
    with pytest.raises(MarkCorrectionRefused):
        operations.correct_mark(number, {"分值": "8"}, office, reason=" ")
    receipt = operations.correct_mark(number, {"分值": "8"}, office, reason="录错")
    assert (receipt.admitted, Mark.objects.get().value) == (1, 8)
    with pytest.raises(MarkCorrectionRefused) as again:
        operations.dismiss_mark(number, office, reason="x")
    assert again.value.code == "marks.not_waiting"
    assert queries.refused_counts() == {"waiting": 0, "decided": 1}


def test_refused_marks_come_in_after_the_roster_was_mended(office, sheet) -> None:
    from hengjian.roster.models import Official, Post, Tenure

    operations.import_marks(
        sheet(
            "G1,S2,2026-H1,peers,,,,8,2026-06-20,,",
            "G9,S2,2026-H1,peers,,,,8,2026-06-20,,",
        ),
        office,
    )
    numbers = [row.pk for row in queries.refused_marks(state="waiting", code="marks.seat")]
    receipt, still = operations.readmit_marks(numbers, office, reason="名册已补")
    assert receipt is None
    assert sorted(still) == numbers
    Tenure.objects.filter(official__code="G2").update(until=date(2025, 12, 31))
    Tenure.objects.create(
        official=Official.objects.get(code="G1"), post=Post.objects.get(code="S2"),
        single_holder=True, since=date(2026, 1, 1),
    )  # fmt: skip
    receipt, still = operations.readmit_marks(numbers, office, reason="名册已补")
    assert receipt is not None
    assert (receipt.admitted, list(still)) == (1, [numbers[1]])


def test_seats_outside_the_cycle_stay_out(office) -> None:
    operations.admit_marks(peers(6), office, source="测试")
    policy = office.policy.in_force(DAY)
    assert list(queries.marks_for(HALF, NOW, [seat("G2", "S2")], policy)) == []
    assert list(queries.marks_for(Period("2025-H2"), NOW, [seat()], policy)) == []
