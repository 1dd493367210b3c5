"""Write the synthetic city as the files that a real city would hand in: workbooks, CSV, mappings."""

import csv
import io
from collections.abc import Iterable, Sequence
from datetime import date, timedelta
from pathlib import Path

import xlsxwriter

from hengjian.demo import figures, opinions
from hengjian.demo.people import members
from hengjian.demo.places import CITY, COUNTIES, LABEL, TOWNS
from hengjian.policy.policy import Policy
from hengjian.roster.layout import NOTES_TITLE, Vocabulary, layout
from hengjian.terms.period import Period

SINCE = "2015-01-01"
METRICS = {
    "招商引资": "investment_attraction",
    "征地拆迁": "land_acquisition",
    "财政收入": "fiscal_revenue",
    "亩均税收": "tax_per_mu",
    "农产品加工业产值": "farm_processing",
    "生态系统生产总值": "gep",
}

HOTLINE = f"""# 12345 热线导出表的映射（{LABEL}）。换一个城市只改本文件，不写程序。
feed: hotline
name: 12345 热线工单（{LABEL}）
name_en: Hotline cases (synthetic)
kind: case
owner: 市政务服务和大数据管理局
date_formats: ["%Y-%m-%d %H:%M"]
columns:
  external_id: 工单号
  organisation: 承办单位代码
  kind: {{column: 诉求类型, codes: kinds}}
  status: {{column: 状态, codes: states}}
  opened_at: 受理时间
  closed_at: 办结时间
  reopened: {{column: 是否重复反映, codes: yes_no}}
  satisfied: {{column: 回访, codes: pleased}}
codes:
  kinds: {{咨询: consult, 求助: help, 投诉: complaint}}
  states: {{已办结: closed, 办理中: open}}
  yes_no: {{是: "true", 否: "false"}}
  pleased: {{满意: "true", 不满意: "false"}}
clocks:
  due:
    - {{kinds: [consult], days: 5, count: working, basis: promised}}
    - {{kinds: [help], days: 10, count: working, basis: promised}}
    - {{kinds: [complaint], days: 15, count: working, basis: legal}}
  counted: judged
"""

METRIC_FEED = f"""# 各部门报送的指标数据（{LABEL}）
feed: metrics
name: 部门指标报送（{LABEL}）
name_en: Metrics of the departments (synthetic)
kind: metric
owner: 市统计局
file: {{format: xlsx, sheet: 指标数据}}
columns:
  organisation: 单位代码
  metric: {{column: 指标, codes: metrics}}
  period: 考核周期
  value: 数值
  unit: 计量单位
  target: 年初核定目标
  source: 报送部门
codes:
  metrics:
{"".join(f"    {name}: {code}" + chr(10) for name, code in METRICS.items())}ignored: [单位名称]
"""

PROJECT_FEED = f"""# 政府投资项目台账（{LABEL}）
feed: projects
name: 政府投资项目台账（{LABEL}）
name_en: Government investment projects (synthetic)
kind: project
owner: 市财政局
columns:
  code: 项目代码
  period: 考核周期
  organisation: 单位代码
  name: 项目名称
  kind: 项目类型
  total_investment: 总投资（元）
  fiscal_money: 财政资金（元）
  debt_ratio: 债务率（%）
  cash_flows: 分年现金流（元）
  realised: 已实现（元）
"""


def write_all(folder: Path, policies: Sequence[Policy]) -> None:
    """Write every file; ``policies`` say in which unit each metric is wanted."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "README.txt").write_text(
        f"{LABEL}：本文件夹中的单位、人员、数据全部是虚构的，由 hengjian demo 生成。\n"
        "Synthetic data: every place, person and figure in this folder is made up.\n",
        encoding="utf-8",
    )
    (folder / roster_name()).write_bytes(roster_workbook(policies[0]))
    for name, text in (("hotline", HOTLINE), ("metrics", METRIC_FEED), ("projects", PROJECT_FEED)):
        place = folder / name
        place.mkdir(exist_ok=True)
        (place / "feed.yaml").write_text(text, encoding="utf-8")
    units = {code: unit for policy in policies for code, unit in _units(policy).items()}
    for period in figures.PERIODS:
        _metrics(folder / "metrics" / f"{period}-{LABEL}.xlsx", period, units)
        _csv(folder / "hotline" / f"{period}-{LABEL}.csv", CASE_COLUMNS, _case_rows(period))
        _csv(folder / "projects" / f"{period}-{LABEL}.csv", PROJECT_COLUMNS, _project_rows(period))
        _csv(folder / marks_name(period), MARK_COLUMNS, _mark_rows(period))


def roster_name() -> str:
    """The roster's workbook."""
    return f"名册-{LABEL}.xlsx"


def marks_name(period: Period) -> str:
    """A half-year's marks."""
    return f"打分-{period}-{LABEL}.csv"


def given_on(period: Period) -> date:
    """The day on which the panel marked: ten days before the period ends."""
    return period.end - timedelta(days=10)


def roster_workbook(policy: Policy) -> bytes:
    """The roster as the workbook that the roster room hands out as a template."""
    words = Vocabulary(
        {code: name.zh for code, name in policy.zones.items()},
        {code: name.zh for code, name in policy.categories.items()},
    )
    rows = {
        "organisation": _organisations(),
        "zone": [{"organisation": c.code, "zone": words.zones[c.zone], "since": SINCE} for c in COUNTIES],
        "post": _posts(words),
        "official": [{"code": m.official, "name": m.name} for m in members()],
        "tenure": _tenures(),
    }
    buffer = io.BytesIO()
    with xlsxwriter.Workbook(buffer, {"in_memory": True}) as book:
        book.add_worksheet(NOTES_TITLE).write(0, 0, f"{LABEL}：单位、人员全部虚构")
        for kind, sheet in layout(words).items():
            page = book.add_worksheet(sheet.title)
            keys = [column.key for column in sheet.columns]
            page.write_row(0, 0, [column.title for column in sheet.columns])
            for at, row in enumerate(rows[kind], start=1):
                page.write_row(at, 0, [str(row.get(key, "")) for key in keys])
    return buffer.getvalue()


def _organisations() -> list[dict[str, str]]:
    code, name = CITY
    rows = [{"code": code, "name": name, "level": "市级", "since": SINCE}]
    rows += [
        {"code": c.code, "name": c.name, "level": "县级", "parent": code, "since": SINCE} for c in COUNTIES
    ]
    rows += [
        {"code": t.code, "name": t.name, "level": "乡镇级", "parent": t.county, "since": SINCE} for t in TOWNS
    ]
    return rows


def _posts(words: Vocabulary) -> list[dict[str, str]]:
    ranks = {"section_principal": "乡科级正职", "section_deputy": "乡科级副职"}
    return [
        {
            "code": m.post,
            "title": m.title,
            "organisation": m.town.code,
            "category": words.categories[m.category],
            "rank": ranks[m.rank],
            "since": SINCE,
        }
        for m in members()
    ]


def _tenures() -> list[dict[str, str]]:
    return [
        {
            "official": m.official,
            "post": m.post,
            "since": m.since.isoformat(),
            "opening_debt_ratio": str(m.opening_debt_ratio),
        }
        for m in members()
    ]


def _units(policy: Policy) -> dict[str, str]:
    held = policy.indicators.values()
    return {one.source.metric: one.unit for one in held if one.source.kind == "metric"}


def _metrics(path: Path, period: Period, units: dict[str, str]) -> None:
    names = {code: name for name, code in METRICS.items()}
    with xlsxwriter.Workbook(path) as book:
        page = book.add_worksheet("指标数据")
        page.write_row(0, 0, METRIC_COLUMNS)
        for at, row in enumerate(figures.metrics(period), start=1):
            page.write_row(
                at,
                0,
                [row.town.code, row.town.name, names[row.metric], str(period), row.value,
                 units[row.metric], row.target, row.source],
            )  # fmt: skip


METRIC_COLUMNS = (
    "单位代码", "单位名称", "指标", "考核周期", "数值", "计量单位", "年初核定目标", "报送部门",
)  # fmt: skip
CASE_COLUMNS = (
    "工单号", "承办单位代码", "诉求类型", "状态", "受理时间", "办结时间", "是否重复反映", "回访",
)  # fmt: skip
PROJECT_COLUMNS = (
    "项目代码", "考核周期", "单位代码", "项目名称", "项目类型", "总投资（元）", "财政资金（元）",
    "债务率（%）", "分年现金流（元）", "已实现（元）",
)  # fmt: skip
MARK_COLUMNS = (
    "干部编号", "岗位代码", "考核周期", "评价主体", "分层", "指标代码", "分值", "评价日期",
    "署名评价人", "票数",
)  # fmt: skip


def _case_rows(period: Period) -> Iterable[Sequence[object]]:
    for c in figures.cases(period):
        yield c.number, c.organisation, c.kind, c.state, c.opened, c.closed, c.again, c.satisfied


def _project_rows(period: Period) -> Iterable[Sequence[object]]:
    for p in figures.projects(period):
        yield (
            p.code, period, p.town.code, p.name, p.kind, p.total, p.fiscal, p.debt_ratio, p.flows,
            p.realised,
        )  # fmt: skip


def _mark_rows(period: Period) -> Iterable[Sequence[object]]:
    day = given_on(period).isoformat()
    for m in opinions.marks(period):
        yield (
            m.member.official, m.member.post, period, m.group, m.stratum, m.indicator, m.value, day,
            m.rater, m.ballots,
        )  # fmt: skip


def _csv(path: Path, header: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
    with path.open("w", encoding="utf-8-sig", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(header)
        writer.writerows(rows)
