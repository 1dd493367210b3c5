"""Facts by the office's own spreadsheet: a template for each kind, and a file taken in whole or not at all.

Two people's files never meet halfway and nothing is half written: a preview is the import itself, undone.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from django.db import transaction

from hengjian.evidence.errors import FileRefused
from hengjian.evidence.faults import restored
from hengjian.evidence.feeds.declaration import Feed
from hengjian.evidence.feeds.folder import feed_from_text
from hengjian.evidence.models import Quarantined
from hengjian.evidence.operations import Rules, import_file
from hengjian.evidence.records import Receipt
from hengjian.roster.layout import NOTES_TITLE
from hengjian.roster.sheets.columns import Column, Sheet
from hengjian.roster.sheets.report import RefusedCell, letter
from hengjian.roster.sheets.writing import workbook

# a date alone is midnight
DATES = '["%Y-%m-%dT%H:%M:%S", "%Y-%m-%d %H:%M:%S", "%Y-%m-%d %H:%M", "%Y-%m-%d"]'
SHEETS: Mapping[str, Sheet] = {
    "metric": Sheet(
        "metric",
        "指标值",
        (
            Column("organisation", "机构代码", required=True),
            Column("metric", "指标代码", required=True, note="见“制度”页", width=24),
            Column("period", "期间", required=True, note="如 2026-H1、2026-Q3、2026-09"),
            Column("value", "数值", "number", required=True),
            Column("unit", "单位", required=True, note="与制度中的单位一致"),
            Column("target", "目标值", "number"),
            Column("source", "出处", width=30, note="文件、系统或台账的名称"),
        ),
    ),
    "case": Sheet(
        "case",
        "工单办理",
        (
            Column("external_id", "工单编号", required=True, width=20),
            Column("organisation", "机构代码", required=True),
            Column("kind", "事项种类"),
            Column("status", "状态", required=True, note="在办、已办结、已撤销"),
            Column("opened_at", "受理时间", required=True, note="如 2026-09-01 09:30", width=20),
            Column("due_legal", "法定期限", width=20),
            Column("due_promised", "承诺期限", width=20),
            Column("closed_at", "办结时间", width=20),
            Column("reopened", "是否重办", note="是、否"),
            Column("satisfied", "是否满意", note="是、否，不知道留空"),
        ),
    ),
}
STATES = {"在办": "open", "已办结": "closed", "已撤销": "withdrawn"}
TRUTHS = {"是": "true", "否": "false"}


@dataclass(frozen=True)
class Trial:
    """What a file would do, or did: rows by what becomes of them, and every refused cell."""

    receipt: Receipt
    refused: tuple[RefusedCell, ...]


def desk_feed(kind: str) -> Feed:
    """The feed that the office's spreadsheet of this kind is."""
    columns = [one for one in SHEETS[kind].columns if not one.key.startswith("due_")]
    lines = [f"feed: desk-{kind}", f"name: 考核办填报表（{SHEETS[kind].title}）", f"kind: {kind}"]
    lines += [f"date_formats: {DATES}", "on_change: supersede", "file:", "  format: xlsx"]
    lines += [f"  sheet: {SHEETS[kind].title}", "columns:", *(_column(one) for one in columns)]
    if kind == "case":
        lines += ["codes:", f"  states: {_flow(STATES)}", f"  truths: {_flow(TRUTHS)}", "clocks:", "  due:"]
        lines += ["    - {column: 法定期限, basis: legal}", "    - {column: 承诺期限, basis: promised}"]
    return feed_from_text("\n".join(lines) + "\n", SHEETS[kind].title)


def _column(one: Column) -> str:
    table = {"status": "states", "reopened": "truths", "satisfied": "truths"}.get(one.key)
    return f"  {one.key}: {{column: {one.title}, codes: {table}}}" if table else f"  {one.key}: {one.title}"


def _flow(codes: Mapping[str, str]) -> str:
    return "{" + ", ".join(f'"{key}": "{value}"' for key, value in codes.items()) + "}"


def template(kind: str) -> bytes:
    """An empty spreadsheet with its columns and a sheet that says what each holds."""
    sheet = SHEETS[kind]
    notes = [
        [sheet.title, one.title, ("必填。" if one.required else "可空。") + one.note] for one in sheet.columns
    ]
    return workbook([(sheet, ())], (NOTES_TITLE, notes))


def take(kind: str, path: Path, *, by: str, now: datetime, rules: Rules, check_only: bool = False) -> Trial:
    """Take a filled-in spreadsheet in, all of it or nothing; ``check_only``: what it would do.

    Raises: FileRefused when it is not such a spreadsheet, in the words of the desk: no path, no mapping.
    """
    with transaction.atomic():
        try:
            receipt = import_file(desk_feed(kind), path, by=by, now=now, rules=rules)
        except FileRefused as fault:
            raise FileRefused(
                fault.what,
                where=SHEETS[kind].title,
                do="请下载模板，按模板的工作表和表头填写，不增列、不改列名",
                code=fault.code,
            ) from fault
        refused = _refused(kind, receipt)
        if refused or check_only:
            transaction.set_rollback(True)
    return Trial(receipt, refused)


def _refused(kind: str, receipt: Receipt) -> tuple[RefusedCell, ...]:
    sheet = SHEETS[kind]
    places = {one.title: n for n, one in enumerate(sheet.columns)}
    found = []
    for row in Quarantined.objects.filter(pk__in=receipt.quarantined).order_by("row"):
        for fault in (restored(reason) for reason in row.reasons):
            place = letter(places[fault.column]) if fault.column in places else ""
            value = str(row.raw.get(fault.column, "")) or fault.value
            found.append(
                RefusedCell(
                    sheet.title, row.row, place, fault.column, value, fault.what, fault.do, fault.code
                )
            )
    return tuple(found)
