"""The workbook of the roster: five sheets, the same for template, import and export."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal

from django.utils.translation import gettext as _

from hengjian.policy.policy import Policy
from hengjian.roster.models import CODE_LENGTH, Level, Rank
from hengjian.roster.sheets.columns import Column, Sheet

KINDS = ("organisation", "zone", "post", "official", "tenure")


@dataclass(frozen=True)
class Vocabulary:
    """Codes and Chinese names that the policy in force declares; empty: any well-formed code."""

    zones: Mapping[str, str] = field(default_factory=dict)
    categories: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    def of(cls, policy: Policy) -> "Vocabulary":
        """The zones and post categories of a policy in force."""
        return cls(
            {code: name.zh for code, name in policy.zones.items()},
            {code: name.zh for code, name in policy.categories.items()},
        )


def layout(words: Vocabulary) -> dict[str, Sheet]:
    """The five sheets by kind, with the lists of this vocabulary."""
    levels = {one.value: str(one.label) for one in Level}
    return {
        "organisation": _organisations(levels),
        "zone": _zones(words),
        "post": _posts(levels, words),
        "official": _officials(),
        "tenure": _tenures(),
    }


def _code(key: str, title: str, note: str = "", *, required: bool = True) -> Column:
    return Column(key, title, "code", required, longest=CODE_LENGTH, note=note, width=18)


def _since(title: str) -> Column:
    return Column("since", title, "date", required=True, note=_("年-月-日，如 2026-03-01"))


def _until(title: str) -> Column:
    note = _("最后一天（含当日）；尚未结束留空。已填过的要改回“尚未结束”，请写“至今”")
    return Column("until", title, "until", note=note)


def _organisations(levels: Mapping[str, str]) -> Sheet:
    return Sheet(
        "organisation",
        "机构",
        (
            _code("code", "机构代码", _("行政区划代码，或本单位自编代码，全市唯一")),
            Column("name", "全称", required=True, longest=200, width=34),
            Column("short_name", "简称", longest=100, width=20, note=_("留空则同全称")),
            Column("level", "层级", "choice", required=True, choices=levels),
            _code("parent", "上级机构代码", _("最上级机构留空"), required=False),
            _since("设立日"),
            _until("撤销日"),
        ),
    )


def _zones(words: Vocabulary) -> Sheet:
    zone = (
        Column("zone", "功能区", "choice", required=True, choices=words.zones, width=18)
        if words.zones
        else _code("zone", "功能区", _("制度中的功能区代码"))
    )
    inherited = _("下级机构未单独划定的，随上级")
    return Sheet(
        "zone",
        "功能区划定",
        (_code("organisation", "机构代码", inherited), zone, _since("起"), _until("止")),
    )


def _posts(levels: Mapping[str, str], words: Vocabulary) -> Sheet:
    category = (
        Column("category", "岗位类别", "choice", required=True, choices=words.categories)
        if words.categories
        else _code("category", "岗位类别", _("制度中的岗位类别代码"))
    )
    ranks = {one.value: str(one.label) for one in Rank}
    return Sheet(
        "post",
        "岗位",
        (
            _code("code", "岗位代码", _("自编，全市唯一")),
            Column("title", "岗位名称", required=True, longest=200, width=30),
            _code("organisation", "机构代码", _("岗位所在机构；岗位不能改换机构")),
            category,
            Column("level", "层级", "choice", choices=levels, note=_("留空则同机构")),
            Column("rank", "职级", "choice", choices=ranks),
            Column("public_facing", "面向群众", "flag", note=_("是或否；留空为“是”")),
            Column("single_holder", "一岗一人", "flag", note=_("是或否；留空为“是”")),
            _since("设立日"),
            _until("撤销日"),
        ),
    )


def _officials() -> Sheet:
    pinyin = _("多音字姓名可自填，如 shan xiao ming；留空自动生成")
    return Sheet(
        "official",
        "干部",
        (
            _code("code", "干部编号", _("稳定不变的编号，不用身份证号")),
            Column("name", "姓名", required=True, longest=100),
            Column("sort_key", "拼音", longest=400, width=24, note=pinyin),
        ),
    )


def _tenures() -> Sheet:
    debt = _("接任时所在地债务率，交接时冻结，以后不改（NORMS X19）；没有留空")
    return Sheet(
        "tenure",
        "任职",
        (
            _code("official", "干部编号"),
            _code("post", "岗位代码"),
            _since("任职日"),
            _until("免职日"),
            Column(
                "opening_debt_ratio",
                "接任时债务率（%）",
                "number",
                lowest=Decimal(0),
                highest=Decimal(1_000_000),
                note=debt,
                width=20,
            ),
        ),
    )


NOTES_TITLE = "说明"
_KIND_NAMES = {
    "text": "文字",
    "code": "代码",
    "date": "日期",
    "until": "日期",
    "number": "数",
    "integer": "整数",
    "flag": "是或否",
    "choice": "从列表选",
}


def notes(sheets: Mapping[str, Sheet]) -> Sequence[Sequence[str]]:
    """The lines of the notes sheet: the rules first, then every column."""
    rules = [
        _("红底列必填，列名不要改；列的先后、多余空行不影响。不用的表可以整张删去。"),
        _("同一代码（任职为干部编号＋岗位代码＋任职日）已在册的，按本表更新；空格不改动原有内容。"),
        _("不在表中的记录保持不变：结束任职请填“免职日”，撤销机构、岗位请填“撤销日”，不会自动删除。"),
        _("任何一格有误，整个文件都不导入，并列出每一格的位置、原因和改法。"),
        _("代码请用文本格式填写，避免丢失开头的 0 和超过 15 位的末位数字。"),
    ]
    lines = [[_("规则"), str(n), rule] for n, rule in enumerate(rules, start=1)]
    lines.append([_("表"), _("列"), _("填法")])
    for sheet in sheets.values():
        lines.extend([sheet.title, column.title, _told(column)] for column in sheet.columns)
    return lines


def _told(column: Column) -> str:
    parts = [_KIND_NAMES[column.kind], "必填" if column.required else "可空"]
    if column.choices:
        parts.append("、".join(f"{name}（{code}）" for code, name in column.choices.items()))
    if column.note:
        parts.append(column.note)
    return "；".join(parts)
