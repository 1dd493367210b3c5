"""A small roster, feeds and rules for the tests of this room."""

from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from hengjian.terms.calendar import WorkCalendar

NOW = datetime(2026, 7, 10, 4, 0, tzinfo=UTC)

HOTLINE = """\
feed: hotline
name: 12345 热线
kind: case
date_formats: ["%Y-%m-%d %H:%M:%S"]
columns:
  external_id: 工单号
  organisation: {column: 承办单位, codes: units}
  status: {column: 状态, codes: states}
  opened_at: 受理时间
  closed_at: 办结时间
  kind: 类型
  satisfied: {column: 满意, codes: truths}
codes:
  units: {云溪镇: "330100", 石桥镇: "330200", 未登记镇: "990000"}
  states: {办结: closed, 在办: open, 撤单: withdrawn}
  truths: {是: "true", 否: "false"}
clocks:
  due:
    - {column: 法定期限, basis: legal}
    - {column: 承诺期限, basis: promised}
    - {days: 5, count: working}
ignored: [诉求内容]
"""
HEAD = "工单号,承办单位,状态,受理时间,办结时间,类型,满意,法定期限,承诺期限,诉求内容"


def organisations() -> None:
    from hengjian.roster.models import Organisation

    for code, name, until in (
        ("330100", "云溪镇", None),
        ("330200", "石桥镇", None),
        ("330300", "旧撤镇", date(2025, 12, 31)),
    ):
        Organisation.objects.create(
            code=code, name=name, short_name=name, level="township", path=f"/{code}/",
            since=date(2020, 1, 1), until=until,
        )  # fmt: skip


@pytest.fixture
def roster(db: None) -> None:
    organisations()


@pytest.fixture
def calendar() -> WorkCalendar:
    # 2026-06-19 to 21: Dragon Boat; enough for these tests
    return WorkCalendar(off=frozenset({date(2026, 6, 19)}), years=frozenset({2026}))


@pytest.fixture
def rules(calendar: WorkCalendar):
    from hengjian.evidence.operations import Rules

    return Rules(calendar, {"tax_per_mu": "yuan_per_mu"})


@pytest.fixture
def hotline():
    from hengjian.evidence.feeds.folder import feed_from_text

    return feed_from_text(HOTLINE, "hotline/feed.yaml")


@pytest.fixture
def write(tmp_path: Path):
    def _write(*rows: str, name: str = "in.csv", head: str = HEAD) -> Path:
        path = tmp_path / name
        path.write_text("\n".join([head, *rows]) + "\n", encoding="utf-8")
        return path

    return _write
