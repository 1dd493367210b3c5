"""A small synthetic roster that the room's tests share."""

import datetime as dt
from pathlib import Path

import xlsxwriter
from django.db import connection, transaction

from hengjian.roster.layout import Vocabulary

NOW = dt.datetime(2026, 7, 1, 1, 0, tzinfo=dt.UTC)
WORDS = Vocabulary(
    {"industrial_transition": "工业转型区", "main_farming": "农产品主产区", "ecological": "生态保护区"},
    {"principal": "党政正职", "deputy": "副职", "middle": "中层干部"},
)
Rows = dict[str, list[list[object]]]


def sample() -> Rows:
    """合成数据 synthetic: one city, one county with its zone, two townships, three officials."""
    return {
        "机构": [
            ["机构代码", "全称", "简称", "层级", "上级机构代码", "设立日", "撤销日"],
            ["9901", "云溪市（合成）", "云溪", "市级", None, dt.date(2000, 1, 1), None],
            ["990101", "云溪市青禾县（合成）", "青禾", "县级", "9901", dt.date(2000, 1, 1), None],
            ["990101001", "东岭镇（合成）", None, "township", "990101", "2000-1-1", None],
            ["990101002", "西坪乡（合成）", None, "乡镇级", "990101", "2000年1月1日", None],
        ],
        "功能区划定": [
            ["机构代码", "功能区", "起", "止"],
            ["990101", "工业转型区", "2020-01-01", "2025-12-31"],
            ["990101", "生态保护区", "2026-01-01", None],
            ["990101002", "农产品主产区", "2026-01-01", None],
        ],
        "岗位": [
            [
                "岗位代码", "岗位名称", "机构代码", "岗位类别", "层级", "职级", "面向群众", "一岗一人",
                "设立日", "撤销日",
            ],
            [
                "P1", "东岭镇党委书记", "990101001", "党政正职", None, "乡科级正职", None, None,
                "2010-01-01", None,
            ],
            ["P2", "西坪乡副乡长", "990101002", "副职", None, "乡科级副职", "是", "否", "2010-01-01", None],
            [
                "P3", "青禾县办公室主任", "990101", "中层干部", None, "乡科级正职", "否", "是",
                "2010-01-01", None,
            ],
        ],
        "干部": [
            ["干部编号", "姓名", "拼音"],
            ["A001", "张一（合成）", None],
            ["A002", "单二（合成）", "shan4 er4"],
            ["A003", "王三（合成）", None],
        ],
        "任职": [
            ["干部编号", "岗位代码", "任职日", "免职日", "接任时债务率（%）"],
            ["A001", "P1", "2021-03-01", "2026-02-14", 180.5],
            ["A003", "P1", "2026-02-15", None, 210],
            ["A002", "P2", "2022-05-01", None, None],
            ["A001", "P3", "2026-02-15", None, None],
        ],
    }  # fmt: skip


def forget() -> None:
    """Empty the roster as the database's owner can: triggers off, for imports and changes only grow."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute("SET LOCAL session_replication_role = replica")
        for name in ("change", "importbatch", "tenure", "official", "post", "zoneassignment", "organisation"):
            cursor.execute(f"DELETE FROM roster_{name}")
        cursor.execute("SET LOCAL session_replication_role = origin")


def write_xlsx(path: Path, rows: Rows) -> Path:
    """The rows as an .xlsx with one sheet a kind."""
    book = xlsxwriter.Workbook(str(path))
    day = book.add_format({"num_format": "yyyy-mm-dd"})
    for name, lines in rows.items():
        page = book.add_worksheet(name)
        cells = [(y, x, one) for y, line in enumerate(lines) for x, one in enumerate(line)]
        for y, x, value in cells:
            if isinstance(value, dt.date):
                page.write_datetime(y, x, dt.datetime(value.year, value.month, value.day), day)
            elif isinstance(value, str):
                page.write_string(y, x, value)
            elif value is not None:
                page.write(y, x, value)
    book.close()
    return path
