"""Why a row is refused: a stable code, the column, the value, and what to do about it.

The quarantine keeps the code and the values, so that a face can say it in the reader's language.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from django.utils.translation import gettext_lazy as _

TEXTS: Mapping[str, tuple[object, object]] = {
    "missing": (_("“{column}”是空的"), _("请补填")),
    "not_a_time": (
        _("“{value}”不是 feed.yaml 中 date_formats 写明的时间"),
        _("请改写时间，或在 feed.yaml 的 date_formats 中补充这种写法"),
    ),
    "far_time": (_("时间 {value} 不在 1900 年至 2199 年之间"), _("请核对来源系统的时间")),
    "no_such_hour": (
        _("{value} 这一时刻在该时区不存在（夏令时跳过）"),
        _("请核对来源系统的时间"),
    ),
    "not_a_number": (_("“{value}”不是数"), _("请填数字，不带单位和文字；没有数据请留空")),
    "too_large": (_("“{value}”超出可存的位数"), _("请核对数值和单位")),
    "not_a_period": (_("“{value}”不是考核周期"), _("请写成 2026、2026-H1、2026-Q3 或 2026-M07")),
    "not_a_code": (
        _("“{value}”在 feed.yaml 的 codes（{more}）中没有对应"),
        _("请改正取值，或在 feed.yaml 中补充对应后重新接收"),
    ),
    "too_long": (_("“{value}”太长"), _("最多 {more} 个字")),
    "bad_character": (_("有不能存储的字符（空字符）"), _("请删去后重报")),
    "width": (_("本行有 {value} 格，表头有 {more} 格"), _("请检查分隔符和引号，补全各列")),
    "not_an_object": (_("这一行不是一个 JSON 对象"), _("每行写一个 {{…}}，各值为文字、数或空")),
    "organisation_unknown": (
        _("机构“{value}”不在机构名册中"),
        _("请先在机构名册中登记，或改正机构代码，然后重新接收"),
    ),
    "organisation_outside": (
        _("机构“{value}”不在报送方的授权范围内"),
        _("请核对机构代码，或由有授权的单位报送"),
    ),
    "organisation_not_then": (
        _("机构“{value}”在 {more} 不在册"),
        _("请核对日期，或改正机构名册中的起止日期"),
    ),
    "future": (_("时间 {value} 晚于接收时间"), _("请核对来源系统的时间和 time_zone")),
    "closed_before_opened": (_("办结时间早于受理时间"), _("请核对两个时间")),
    "due_before_opened": (
        _("办理期限早于受理时间"),
        _("请核对；来源系统确实如此的，在 feed.yaml 写 due_before_opened: accept"),
    ),
    "no_due": (_("没有办理期限，也没有适用的期限规则"), _("请补充期限，或在 clocks 中写明规则")),
    "calendar_unknown": (_("{more}"), _("请在制度包 calendar 中补充该年放假通知后重新接收")),
    "closed_without_time": (_("状态是已办结，却没有办结时间"), _("请补填办结时间")),
    "open_with_time": (_("状态是未办结，却有办结时间"), _("请核对状态和办结时间")),
    "negative": (_("“{value}”不能小于零"), _("请核对")),
    "fiscal_above_total": (_("财政资金大于总投资"), _("请核对两个金额和单位")),
    "bad_cash_flows": (
        _("“{value}”不是逐年现金流"),
        _("请写成 年份:金额，用分号隔开，如 2026:1200000;2027:30000"),
    ),
    "duplicate_in_file": (
        _("编号“{value}”在本文件中出现多次而内容不同"),
        _("请只保留正确的一行"),
    ),
    "changed": (
        _("编号“{value}”已接收过，内容不同"),
        _("确认要更正的，请在待核记录中核对后重新接收；来源本会更新的，写 on_change: supersede"),
    ),
    "other_feed": (
        _("“{value}”已由另一来源“{more}”报送"),
        _("同一指标只认一个口径、一个来源；请两个来源核对，由原来源更正"),
    ),
    "unit_differs": (
        _("单位“{value}”与制度规定的“{more}”不同"),
        _("请换算后重报：口径不同的数不能混用"),
    ),
}


@dataclass(frozen=True, slots=True)
class Fault:
    """One reason why one row is refused."""

    code: str
    column: str = ""
    value: str = ""
    more: str = ""

    def stored(self) -> dict[str, str]:
        """As it stands in the quarantine."""
        return {"code": self.code, "column": self.column, "value": self.value, "more": self.more}

    @property
    def what(self) -> str:
        """What is wrong, in the reader's language."""
        return self._said(0)

    @property
    def do(self) -> str:
        """What to do about it, in the reader's language."""
        return self._said(1)

    def _said(self, which: int) -> str:
        text = str(TEXTS[self.code][which])
        return text.format(column=self.column, value=self.value, more=self.more)

    def __str__(self) -> str:
        place = f"{self.column}：" if self.column else ""
        return f"{place}{self.what}；{self.do}"


def restored(stored: Mapping[str, str]) -> Fault:
    """A fault as the quarantine kept it."""
    return Fault(**{key: stored.get(key, "") for key in ("code", "column", "value", "more")})
