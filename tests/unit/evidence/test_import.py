"""A file goes through the door whole: admitted, known, superseding, or in the quarantine."""

import gzip
import json
import zipfile
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from hengjian.evidence import operations, queries
from hengjian.evidence.errors import FileRefused
from hengjian.evidence.feeds.folder import feed_from_text
from hengjian.evidence.models import Batch, Case, Metric, Project, Quarantined
from hengjian.evidence.operations import import_file
from hengjian.terms.period import Period
from tests.unit.evidence.conftest import HEAD, HOTLINE, NOW

pytestmark = pytest.mark.usefixtures("roster")

GOOD = "A1,云溪镇,办结,2026-06-01 09:00:00,2026-06-03 09:00:00,咨询,是,2026-06-05 18:00:00,,路灯不亮张某电话"
LATE = "A2,石桥镇,办结,2026-06-01 09:00:00,2026-06-09 09:00:00,投诉,否,,2026-06-08 18:00:00,x"
OPEN = "A3,云溪镇,在办,2026-07-08 09:00:00,,咨询,,,,x"


def run(feed, path, rules, now=NOW):
    return import_file(feed, path, by="tester", now=now, rules=rules)


def test_records_carry_times_codes_and_nothing_narrative(hotline, write, rules) -> None:
    receipt = run(hotline, write(GOOD, LATE, OPEN), rules)
    assert (receipt.read, receipt.admitted, receipt.known, receipt.refused) == (3, 3, 0, 0)
    assert receipt.verdicts == {"on_time": 1, "overdue": 1, "pending": 1}
    case = Case.objects.get(external_id="A1")
    assert case.due_basis == "legal"
    assert case.due_at == datetime(2026, 6, 5, 10, 0, tzinfo=UTC)
    assert Case.objects.get(external_id="A2").due_basis == "promised"
    assert Case.objects.get(external_id="A3").due_basis == "calculated"
    stored = json.dumps(list(Case.objects.values()), default=str) + json.dumps(
        list(Quarantined.objects.values()), default=str
    )
    assert "张某" not in stored
    batch = Batch.objects.get()
    assert (batch.by, batch.at, batch.source_name) == ("tester", NOW, "in.csv")
    assert batch.feed_version.text == HOTLINE


def test_the_same_file_again_changes_nothing(hotline, write, rules) -> None:
    path = write(GOOD, LATE)
    run(hotline, path, rules)
    before = list(Case.objects.values())
    again = run(hotline, path, rules)
    assert (again.admitted, again.known, again.refused) == (0, 2, 0)
    assert list(Case.objects.values()) == before


def test_a_changed_record_waits_or_supersedes_as_the_feed_says(hotline, write, rules) -> None:
    run(hotline, write(OPEN), rules)
    closed = OPEN.replace("在办", "办结").replace("09:00:00,,", "09:00:00,2026-07-09 10:00:00,")
    held = run(hotline, write(closed), rules)
    assert (held.admitted, held.refused) == (0, 1)
    assert Quarantined.objects.get().reasons[0]["code"] == "changed"

    renewing = feed_from_text(HOTLINE + "on_change: supersede\n", "x")
    done = run(renewing, write(closed), rules)
    assert (done.admitted, done.superseding) == (1, 1)
    old, new = Case.objects.order_by("pk")
    assert new.supersedes == old
    assert [c.closed for c in queries.cases_for(Period("2026-H2"), NOW)] == [True]


def test_at_an_earlier_cut_off_the_earlier_version_stands(hotline, write, rules) -> None:
    renewing = feed_from_text(HOTLINE + "on_change: supersede\n", "x")
    run(renewing, write(OPEN), rules)
    closed = OPEN.replace("在办", "办结").replace("09:00:00,,", "09:00:00,2026-07-09 10:00:00,")
    run(renewing, write(closed), rules, now=NOW + timedelta(days=1))
    period = Period("2026-H2")
    assert [c.on_time for c in queries.cases_for(period, NOW)] == [None]
    assert [c.on_time for c in queries.cases_for(period, NOW + timedelta(days=1))] == [True]


def test_duplicates_inside_a_file(hotline, write, rules) -> None:
    other = GOOD.replace("咨询", "投诉")
    receipt = run(hotline, write(GOOD, GOOD, other), rules)
    assert (receipt.admitted, receipt.known, receipt.refused) == (1, 1, 1)
    assert Quarantined.objects.get().reasons[0]["code"] == "duplicate_in_file"


def test_duplicates_far_apart_in_a_file_are_found_too(hotline, write, rules, monkeypatch) -> None:
    monkeypatch.setattr("hengjian.evidence.feeds.reading.CHUNK", 1)
    renewing = feed_from_text(HOTLINE + "on_change: supersede\n", "x")
    receipt = run(renewing, write(GOOD, LATE, GOOD.replace("咨询", "投诉"), GOOD), rules)
    assert (receipt.admitted, receipt.known, receipt.refused) == (2, 1, 1)


@pytest.mark.parametrize(
    ("row", "code", "column"),
    [
        (GOOD.replace("A1", ""), "missing", "工单号"),
        (GOOD.replace("云溪镇", "某某局"), "not_a_code", "承办单位"),
        (GOOD.replace("云溪镇", "未登记镇"), "organisation_unknown", "承办单位"),
        (GOOD.replace("2026-06-01 09:00:00", "6月1日"), "not_a_time", "受理时间"),
        (GOOD.replace("2026-06-03", "2026-05-03"), "closed_before_opened", "办结时间"),
        (GOOD.replace("2026-06-03", "2026-08-03"), "future", "办结时间"),
        (GOOD.replace("2026-06-05 18:00:00", "2026-05-05 18:00:00"), "due_before_opened", ""),
        (GOOD.replace("2026-06-03 09:00:00", ""), "closed_without_time", "办结时间"),
        (GOOD.replace("办结", "在办"), "open_with_time", "办结时间"),
        (GOOD.replace("2026-06-01", "2019-06-01").replace("是,2026-06-05 18:00:00", "是,2019-06-05 18:00:00"),
         "organisation_not_then", "承办单位"),
        (LATE.replace(",2026-06-08 18:00:00", ",").replace("2026", "2025"), "calendar_unknown", ""),
        (GOOD + ",多一格", "width", ""),
        ("A9,云溪镇", "width", ""),
        (GOOD.replace("咨询", "咨\0询"), "bad_character", "类型"),
        (GOOD.replace("咨询", "咨" * 65), "too_long", "类型"),
        (GOOD.replace("2026-06-01 09", "9999-12-31 09"), "far_time", "受理时间"),
        (GOOD.replace("2026-06-01 09:00:00", "0001-01-01T00:00:00+14:00"), "far_time", "受理时间"),
        (GOOD.replace("2026-06-03 09:00:00", "12345-06-03 09:00:00"), "not_a_time", "办结时间"),
    ],
)  # fmt: skip
def test_a_bad_row_waits_with_its_reason_and_the_others_come_in(
    hotline, write, rules, row: str, code: str, column: str
) -> None:
    receipt = run(hotline, write(row, LATE.replace("A2", "B2")), rules)
    assert (receipt.admitted, receipt.refused) == (1, 1)
    held = queries.shown(Quarantined.objects.get())
    assert (held.row, held.state) == (2, "waiting")
    assert code in [fault.code for fault in held.faults]
    fault = next(f for f in held.faults if f.code == code)
    assert fault.column == column
    assert fault.what
    assert fault.do
    assert "诉求内容" not in held.raw


def test_the_same_refused_row_stands_in_the_quarantine_once(hotline, write, rules) -> None:
    path = write(GOOD.replace("云溪镇", "某某局"))
    assert run(hotline, path, rules).refused == 1
    assert run(hotline, path, rules).refused == 1
    assert Quarantined.objects.count() == 1


@pytest.mark.parametrize(
    ("head", "says"),
    [
        (HEAD.replace("工单号", "编号"), "工单号"),
        (HEAD.replace("诉求内容", "来电人"), "来电人"),
        (HEAD.replace("类型", "状态"), "状态"),
    ],
)
def test_a_file_with_other_columns_is_refused_whole(hotline, write, rules, head, says) -> None:
    with pytest.raises(FileRefused) as found:
        run(hotline, write(GOOD, head=head), rules)
    assert says in found.value.what
    assert not Batch.objects.exists()


def test_a_file_in_another_encoding_is_refused_with_what_to_try(hotline, write, rules, tmp_path) -> None:
    path = tmp_path / "gbk.csv"
    path.write_bytes(f"{HEAD}\n{GOOD}\n".encode("gb18030"))
    with pytest.raises(FileRefused) as found:
        run(hotline, path, rules)
    assert "gb18030" in found.value.do
    declared = feed_from_text(HOTLINE + "file: {encoding: gb18030}\n", "x")
    assert run(declared, path, rules).admitted == 1


def test_an_error_in_the_middle_of_a_file_leaves_nothing(hotline, tmp_path, rules, monkeypatch) -> None:
    monkeypatch.setattr("hengjian.evidence.feeds.reading.CHUNK", 1)
    path = tmp_path / "broken.csv"
    path.write_bytes(f"{HEAD}\n{GOOD}\n{LATE}\n".encode() + b"\xff\xfe\xff" * 3000)
    with pytest.raises(FileRefused):
        run(hotline, path, rules)
    assert not Case.objects.exists()
    assert not Batch.objects.exists()


def test_a_truncated_archive_is_refused(hotline, write, rules, tmp_path) -> None:
    feed = feed_from_text(HOTLINE + "file: {inside: gz}\n", "x")
    path = tmp_path / "cut.csv.gz"
    path.write_bytes(gzip.compress(write(GOOD).read_bytes())[:-12])
    with pytest.raises(FileRefused):
        run(feed, path, rules)
    with pytest.raises(FileRefused):
        run(feed_from_text(HOTLINE + "file: {inside: zip}\n", "x"), path, rules)


def test_gz_zip_xlsx_and_json_lines_give_the_same_records(write, rules, tmp_path) -> None:
    plain = write(GOOD).read_bytes()
    (tmp_path / "a.csv.gz").write_bytes(gzip.compress(plain))
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as archive:
        archive.writestr("读我.txt", "x")
        archive.writestr("a.csv", plain)
    import xlsxwriter

    book = xlsxwriter.Workbook(str(tmp_path / "a.xlsx"))
    page = book.add_worksheet("工单")
    page.write_row(0, 0, HEAD.split(","))
    page.write_row(1, 0, GOOD.split(","))
    book.close()
    line = dict(zip(HEAD.split(","), GOOD.split(","), strict=True))
    (tmp_path / "a.jsonl").write_text(json.dumps(line, ensure_ascii=False) + "\n[1]\n", encoding="utf-8")

    shapes = {
        "a.csv.gz": "{inside: gz}",
        "a.zip": '{inside: zip, member: "*.csv"}',
        "a.xlsx": "{format: xlsx, sheet: 工单}",
        "a.jsonl": "{format: jsonl}",
    }
    receipts = {
        name: run(feed_from_text(f"{HOTLINE}file: {shape}\n", "x"), tmp_path / name, rules)
        for name, shape in shapes.items()
    }
    assert [receipts[name].refused for name in shapes] == [0, 0, 0, 1]
    assert sum(r.admitted for r in receipts.values()) == 1
    assert sum(r.known for r in receipts.values()) == 3
    assert Quarantined.objects.get().reasons[0]["code"] == "not_an_object"


METRICS = """\
feed: statistics
name: 统计局季报
kind: metric
columns: {organisation: 单位, metric: 指标, period: 周期, value: 数值, unit: 计量单位, target: 目标}
constants: {source: 统计局}
"""


def test_metrics_are_read_exactly_and_one_value_stands_for_one_fact(write, rules) -> None:
    feed = feed_from_text(METRICS, "x")
    head = "单位,指标,周期,数值,计量单位,目标"
    rows = [
        '330100,tax_per_mu,2026-H1,"12,345.670001",yuan_per_mu,12000',
        "330200,tax_per_mu,2026-H1,8000,yuan,",
        "330200,gep,2026-H1,约三亿,yuan,",
        "330200,gep,2026-H3,1,yuan,",
        "330200,gep,2026-M12,1,yuan,",
        "330200,gep,2026-H1,0.1234567,yuan,",
        "330200,gep,2026-H1,NaN,yuan,",
        "330200,gep,2026-H1,1e17,yuan,",
        "330300,gep,2026-H1,1,yuan,",
    ]
    receipt = run(feed, write(*rows, head=head), rules)
    assert receipt.admitted == 2
    assert [q.reasons[0]["code"] for q in Quarantined.objects.order_by("row")] == [
        "unit_differs", "not_a_number", "not_a_period", "future", "too_large", "not_a_number",
        "organisation_not_then",
    ]  # fmt: skip
    metric = Metric.objects.get(metric="tax_per_mu")
    assert (metric.value, metric.target, metric.source) == (
        Decimal("12345.670001"), Decimal(12000), "统计局",
    )  # fmt: skip
    other = feed_from_text(METRICS.replace("statistics", "finance"), "x")
    again = run(other, write(rows[0], head=head), rules)
    assert (again.admitted, again.refused) == (0, 1)
    assert Quarantined.objects.get(feed="finance").reasons[0]["code"] == "other_feed"
    found = list(queries.metrics_for(Period("2026-H1"), NOW, ["330100"]))
    assert [(m.organisation, m.value, m.target) for m in found] == [("330100", 12345.670001, 12000.0)]


PROJECTS = """\
feed: projects
name: 项目库
kind: project
columns:
  {code: 编码, period: 周期, organisation: 单位, name: 名称, kind: 类型, total_investment: 总投资,
   fiscal_money: 财政资金, debt_ratio: 债务率, cash_flows: 现金流, realised: 到位}
ignored: [意向]
"""


def test_projects_book_realised_money_and_discount_their_whole_life(write, rules) -> None:
    feed = feed_from_text(PROJECTS, "x")
    head = "编码,周期,单位,名称,类型,总投资,财政资金,债务率,现金流,到位,意向"
    rows = [
        "P1,2026-H1,330100,河道整治,生态,2000000,500000,112.5,2026:100;2027:110,30000,30000000",
        "P2,2026-H1,330100,甲,生态,100,500,1,,,",
        "P3,2026-H1,330100,乙,生态,100,-5,1,,,",
        "P4,2026-H1,330100,丙,生态,100,5,1,2026:x,,",
    ]
    receipt = run(feed, write(*rows, head=head), rules)
    assert receipt.admitted == 1
    assert [q.reasons[0]["code"] for q in Quarantined.objects.order_by("row")] == [
        "fiscal_above_total", "negative", "bad_cash_flows",
    ]  # fmt: skip
    assert Project.objects.get().cash_flows == [[2026, "100"], [2027, "110"]]
    project = next(queries.projects_for(Period("2026-H1"), NOW, discount=10.0))
    assert project.whole_life_cost == pytest.approx(200.0)
    assert project.debt_cap is None


def test_a_direct_record_that_does_not_fit_is_quarantined_and_can_be_corrected(rules) -> None:
    from hengjian.evidence.feeds.folder import direct_feed
    from hengjian.evidence.records import CaseDraft

    feed = direct_feed("case", "form", "窗口录入")
    due = NOW - timedelta(days=1)
    draft = CaseDraft("F1", "000", "open", NOW - timedelta(days=9), due_at=due, due_basis="promised")
    receipt = operations.admit([draft], feed, by="a", now=NOW)
    assert receipt.refused == 1
    operations.correct(
        receipt.quarantined[0], {"organisation": "330100"}, by="b", reason="录错", now=NOW, rules=rules
    )
    case = Case.objects.get()
    assert (case.due_at, case.due_basis, case.organisation.code) == (due, "promised", "330100")


def test_what_is_not_counted_is_said(hotline, write, rules) -> None:
    gone = OPEN.replace("A3", "A4").replace("在办", "撤单")
    run(hotline, write(GOOD, LATE, OPEN, gone), rules)
    tallies = queries.case_tallies(Period("2026-H2"), NOW)
    tally = tallies["hotline", "330100"]
    assert (tally.pending, tally.judged) == (1, 0)
    half = queries.case_tallies(Period("2026-H1"), NOW)
    assert (half["hotline", "330100"].on_time, half["hotline", "330200"].overdue) == (1, 1)
    assert (half["hotline", "330100"].satisfied, half["hotline", "330200"].unsatisfied) == (1, 1)


def test_snapshots_come_in_the_order_of_their_digests(hotline, write, rules) -> None:
    run(hotline, write(*(GOOD.replace("A1", f"C{i}") for i in range(20))), rules)
    digests = [case.record for case in queries.cases_for(Period("2026-H1"), NOW)]
    assert digests == sorted(digests)
    assert len(digests) == 20
    assert queries.record_by_digest(digests[0]).digest == digests[0]
    assert queries.record_by_digest("0" * 64) is None
