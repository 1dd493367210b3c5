"""A record of a snapshot, shown field by field."""

from collections.abc import Collection, Iterable
from dataclasses import fields
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from hengjian.cycles import wording
from hengjian.cycles.shapes import RecordView
from hengjian.policy.policy import Policy
from hengjian.scoring.record import KINDS, record_of
from hengjian.scoring.snapshot import Snapshot
from hengjian.terms.errors import Refused

MASKED = "＊＊"
TITLES = {
    "units": gettext_lazy("单位"),
    "seats": gettext_lazy("任职"),
    "metrics": gettext_lazy("指标数据"),
    "cases": gettext_lazy("办件"),
    "projects": gettext_lazy("政府投资项目"),
    "marks": gettext_lazy("评分"),
    "not_applicable": gettext_lazy("不适用说明"),
    "adjustments": gettext_lazy("加减分"),
    "previous": gettext_lazy("上期得分"),
    "releases": gettext_lazy("随时评公布"),
    "rated": gettext_lazy("校准用评分"),
}
FIELDS = {
    "adjustments": gettext_lazy("加减分"),
    "author": gettext_lazy("提出人"),
    "batch": gettext_lazy("批次"),
    "cell": gettext_lazy("评分人的来源单元"),
    "category": gettext_lazy("职务类别"),
    "clause": gettext_lazy("依据条款"),
    "closed": gettext_lazy("已办结"),
    "code": gettext_lazy("编码"),
    "count": gettext_lazy("有效评价"),
    "county": gettext_lazy("县区"),
    "cycle": gettext_lazy("周期"),
    "debt_cap": gettext_lazy("债务率上限（%）"),
    "debt_ratio": gettext_lazy("债务率（%）"),
    "feed": gettext_lazy("数据来源"),
    "fiscal_money": gettext_lazy("财政资金（元）"),
    "group": gettext_lazy("评价主体"),
    "id": gettext_lazy("编号"),
    "indicator": gettext_lazy("指标"),
    "instead": gettext_lazy("代替导入的评分"),
    "instrument": gettext_lazy("评分量表"),
    "level": gettext_lazy("层级"),
    "marks": gettext_lazy("评分（升序，不含评分人）"),
    "mean": gettext_lazy("公布的平均分"),
    "metric": gettext_lazy("数据项"),
    "name": gettext_lazy("名称"),
    "official": gettext_lazy("干部编号"),
    "on": gettext_lazy("日期"),
    "on_time": gettext_lazy("按时"),
    "opening_debt_ratio": gettext_lazy("接任时债务率（%）"),
    "organisation": gettext_lazy("单位"),
    "parent": gettext_lazy("上级"),
    "period": gettext_lazy("周期"),
    "points": gettext_lazy("分值"),
    "post": gettext_lazy("岗位"),
    "public_facing": gettext_lazy("面向群众"),
    "rater": gettext_lazy("署名评分人编号（只在本周期有效）"),
    "reason": gettext_lazy("理由"),
    "record": gettext_lazy("记录摘要"),
    "reopened": gettext_lazy("重复投诉"),
    "satisfied": gettext_lazy("满意"),
    "seat": gettext_lazy("任职"),
    "since": gettext_lazy("起始"),
    "stratum": gettext_lazy("层次"),
    "target": gettext_lazy("目标值"),
    "ties": gettext_lazy("登记的关系"),
    "title": gettext_lazy("名称"),
    "total_investment": gettext_lazy("总投资（元）"),
    "unit": gettext_lazy("单位（计量）"),
    "value": gettext_lazy("数值"),
    "whole_life_cost": gettext_lazy("全生命周期成本（元）"),
    "zone": gettext_lazy("功能区"),
}


def view(facts: Snapshot, policy: Policy, digest: str, hidden: Collection[str] = ()) -> RecordView:
    """The record of this digest, fields named ``hidden`` masked; refused when the snapshot has none."""
    for kind in KINDS:
        for item in getattr(facts, kind):
            if record_of(item) == digest:
                rows = tuple(_rows(item, facts, policy, hidden))
                return RecordView(digest, kind, str(TITLES[kind]), rows, facts.cycle.id)
    raise Refused(
        _("快照中没有摘要为 %(digest)s… 的记录") % {"digest": digest[:12]},
        do=_("请从计算过程中打开记录"),
        code="cycles.no_record",
    )


def _rows(item: Any, facts: Snapshot, policy: Policy, hidden: Collection[str]) -> Iterable[tuple[str, str]]:
    for field in fields(item):
        if field.name != "record":
            value = getattr(item, field.name)
            said = MASKED if field.name in hidden else _said(field.name, value, facts, policy)
            yield str(FIELDS[field.name]), said


def _said(name: str, value: Any, facts: Snapshot, policy: Policy) -> str:  # noqa: PLR0911
    if value is None or value == "":
        return "—"
    if isinstance(value, bool):
        return _("是") if value else _("否")
    if name == "marks":
        return "、".join(f"{mark:g}" for mark in value)
    if name == "organisation":
        return next((u.name for u in facts.units if u.code == value), str(value))
    if name == "seat":
        return next((s.title for s in facts.seats if s.id == value), str(value))
    if name == "indicator" and value in policy.indicators:
        held = policy.indicators[value]
        return wording.either(held.name, held.name_en)
    if name == "group":
        group = next((g for g in policy.groups if g.code == value), None)
        return wording.either(group.name, group.name_en) if group else str(value)
    if isinstance(value, float):
        return f"{value:,.6f}".rstrip("0").rstrip(".")
    return str(value)
