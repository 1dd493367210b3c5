"""A third party's marks by spreadsheet: a template with its officials and indicators, taken in whole or not.

Every refused cell is reported with its place; as long as one is wrong nothing is taken in.
Clause: SPEC B1, NORMS X4
"""

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal

from django.db import transaction
from django.utils.translation import gettext as _

from hengjian.ratings.panels import filling
from hengjian.ratings.panels.errors import PanelRefused
from hengjian.ratings.panels.models import Asked, Member
from hengjian.ratings.panels.operations import Office
from hengjian.roster.sheets.columns import Column, Row, Sheet, typed_rows
from hengjian.roster.sheets.reading import tables_of
from hengjian.roster.sheets.report import Refusals, RefusedCell
from hengjian.roster.sheets.writing import workbook

LAYOUT = Sheet(
    "third_party",
    "第三方评价",
    (
        Column("official", "干部编号", "code", required=True, note="请勿改动"),
        Column("post", "岗位代码", "code", required=True, note="请勿改动"),
        Column("title", "岗位", width=28, note="仅供对照"),
        Column("indicator", "指标代码", "code", required=True, note="请勿改动", width=22),
        Column("name", "指标", width=18, note="仅供对照"),
        Column("value", "分值", "number", places=3, note="整数；不了解的留空"),
    ),
)
Forms = dict[tuple[str, str], tuple[Member, filling.Form]]


@dataclass(frozen=True)
class Upload:
    """What became of a file: sheets handed in, or every refused cell and nothing handed in."""

    sheets: int
    marks: int
    refused: tuple[RefusedCell, ...]


def template(asked: Asked, office: Office) -> bytes:
    """The spreadsheet of an institution: one line for each official and indicator that it is to mark.

    Raises: PanelRefused when there is nothing to mark, or independence is not declared yet.
    """
    forms = _forms(asked, office)
    rows = [
        {
            "official": form.official, "post": form.post, "title": form.title,
            "indicator": question.code, "name": question.name,
        }
        for _member, form in forms.values()
        for question in form.questions
    ]  # fmt: skip
    scale = next(iter(forms.values()))[1].instrument
    notes = [
        ["分值", "", _("%(low)g 至 %(high)g 的整数；不了解的留空，整名干部都留空即不评。")
         % {"low": scale.lowest, "high": scale.highest}],
        ["署名", "", _("本表以机构名义提交，提交后不能更改。")],
        *(
            [question.name, "", "；".join(question.anchors)]
            for question in {q.code: q for _m, form in forms.values() for q in form.questions}.values()
        ),
    ]  # fmt: skip
    return workbook([(LAYOUT, rows)], ("说明", notes))


def hand_in_file(data: bytes, filename: str, asked: Asked, office: Office) -> Upload:
    """Take in an institution's filled-in spreadsheet: all of its sheets, or none and a report of cells.

    Raises: PanelRefused, FileRefused when the file cannot be read at all or there is nothing to mark.
    """
    forms, refusals = _forms(asked, office), Refusals()
    tables = [table for table in tables_of(data, filename) if table.name == LAYOUT.title]
    tables = tables or tables_of(data, filename)[:1]
    if not tables:
        raise PanelRefused(_("文件里没有表"), do=_("请用下载的模板填写"), code="panels.sheets")
    found: dict[tuple[str, str], dict[str, str]] = {}
    for row, key, value in _marks(typed_rows(tables[0], LAYOUT, refusals), forms, refusals):
        if row["indicator"] in found.setdefault(key, {}):
            row.refuse(refusals, "indicator", _("这一干部的这一指标重复"), _("请只留一行"), "panels.twice")
        found[key][row["indicator"]] = value
    if refusals or not found:
        return Upload(0, 0, tuple(refusals.cells))
    with transaction.atomic():
        for key, answers in found.items():
            filling.hand_in(forms[key][0], answers, "", 0, office)
    return Upload(len(found), sum(map(len, found.values())), ())


def _marks(rows: list[Row], forms: Forms, refusals: Refusals) -> Iterator[tuple[Row, tuple[str, str], str]]:
    """Each row's mark that fits; the others are refused at their cell."""
    for row in rows:
        if row["value"] is None:
            continue
        known = forms.get((row["official"], row["post"]))
        if known is None:
            what, do = _("不在本机构的评价名单上，或已提交、已回避"), _("请用下载的模板填写")
            row.refuse(refusals, "official", what, do, "panels.not_asked")
        elif row["indicator"] not in {question.code for question in known[1].questions}:
            what, do = _("这一岗位不评这一指标"), _("请用下载的模板填写")
            row.refuse(refusals, "indicator", what, do, "panels.not_asked_indicator")
        elif not _fits(row["value"], known[1]):
            scale = known[1].instrument
            what = _("分值应为 %(low)g 至 %(high)g 的整数") % {"low": scale.lowest, "high": scale.highest}
            row.refuse(refusals, "value", what, _("请更正"), "panels.value")
        else:
            yield row, (row["official"], row["post"]), str(int(row["value"]))


def _fits(value: Decimal, form: filling.Form) -> bool:
    whole = value == value.to_integral_value()
    return whole and form.instrument.lowest <= value <= form.instrument.highest


def _forms(asked: Asked, office: Office) -> Forms:
    rows = Member.objects.filter(asked=asked, signed=True, withdrawal__isnull=True, sheet__isnull=True)
    rows = rows.filter(roll__signature__isnull=False).select_related(
        "asked__outsider", "roll__round", "roll__official", "roll__post__organisation"
    )
    found = [(member, filling.form(member, office)) for member in rows.order_by("roll__post__code", "pk")]
    if not found:
        raise PanelRefused(_("没有待评的干部"), do=_("已提交、已回避的不再列出"), code="panels.nothing")
    return {(form.official, form.post): (member, form) for member, form in found}
