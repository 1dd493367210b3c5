"""Codes in the words of the office. Codes stay English in data; readers see these."""

from collections.abc import Mapping

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

WORDS: Mapping[str, Mapping[str, Promise]] = {
    "state": {
        "open": _("已建立"),
        "frozen": _("已冻结"),
        "scored": _("已计分"),
        "reviewed": _("已审核"),
        "published": _("已公布"),
        "superseded": _("被取代"),
    },
    "zone": {
        "industrial_transition": _("工业转型区"),
        "main_farming": _("农产品主产区"),
        "ecological": _("生态保护区"),
    },
    "level": {"city": _("市级"), "county": _("县级"), "township": _("乡镇级")},
    "category": {"principal": _("党政正职"), "deputy": _("副职"), "middle": _("中层干部")},
    "part": {"base": _("基础指标"), "zone": _("区域指标"), "post": _("岗位指标")},
    "side": {"official": _("官评"), "public": _("民评")},
    "source": {"panel": _("评价团评分"), "metric": _("计量数据"), "cases": _("办件数据")},
    "missing": {
        "reweight": _("权重分摊到其余指标"),
        "carry_forward": _("沿用上期得分"),
        "fail": _("不得计分"),
        "neutral": _("按中性分计"),
    },
    "gap": {
        "missing": _("缺数据"),
        "not_applicable": _("不适用"),
        "group_missing": _("评价组无有效评分"),
        "group_too_small": _("评价组人数不足"),
    },
    "direction": {"1": _("越高越好"), "-1": _("越低越好")},
    "grade": {
        "excellent": _("优秀"),
        "competent": _("称职"),
        "basically_competent": _("基本称职"),
        "incompetent": _("不称职"),
    },
    "method": {
        "identity": _("原值计分"),
        "minmax": _("极差法"),
        "scaled": _("极差法（比例）"),
        "goalposts": _("上下限法"),
        "zscore": _("标准分"),
        "percentile_rank": _("百分位"),
        "rank": _("位次"),
        "borda": _("博尔达计数"),
        "distance_to_target": _("与目标之距"),
        "distance_to_maximum": _("与最优之距"),
        "distance_to_reference": _("与参照之距"),
        "fraction_of_maximum": _("占最优之比"),
        "completion": _("目标完成率"),
        "band_steps": _("分档计分"),
        "band_linear": _("分档线性计分"),
    },
    "frequency": {
        "year": _("每年"),
        "half_year": _("每半年"),
        "quarter": _("每季度"),
        "month": _("每月"),
        "week": _("每周"),
        "event": _("随事件"),
    },
    "bool": {"True": _("是"), "False": _("否")},
    "quarantine": {
        "waiting": _("待处理"),
        "corrected": _("已更正"),
        "readmitted": _("已重新接收"),
        "dismissed": _("不予接收"),
    },
    "record": {"metric": _("指标数值"), "case": _("办件"), "project": _("政府投资项目")},
    "fault": {
        "missing": _("必填项为空"),
        "not_a_time": _("时间写法不对"),
        "no_such_hour": _("时刻不存在"),
        "not_a_number": _("不是数"),
        "too_large": _("数值过大"),
        "not_a_period": _("不是考核周期"),
        "not_a_code": _("代码没有对应"),
        "too_long": _("文字过长"),
        "bad_character": _("含不能存储的字符"),
        "width": _("列数不符"),
        "not_an_object": _("行格式不对"),
        "organisation_unknown": _("机构不在名册"),
        "organisation_not_then": _("机构当时不在册"),
        "future": _("时间晚于接收时间"),
        "closed_before_opened": _("办结早于受理"),
        "due_before_opened": _("期限早于受理"),
        "no_due": _("没有期限"),
        "calendar_unknown": _("缺该年放假安排"),
        "closed_without_time": _("已办结而无办结时间"),
        "open_with_time": _("未办结而有办结时间"),
        "negative": _("小于零"),
        "fiscal_above_total": _("财政资金大于总投资"),
        "bad_cash_flows": _("现金流写法不对"),
        "duplicate_in_file": _("文件内编号重复"),
        "changed": _("与已接收的不同"),
        "other_feed": _("已由另一来源报送"),
        "unit_differs": _("单位不符"),
    },
    "step": {},
    "factor": {"cost_benefit": _("成本—收益系数")},
    "key": {"zone": _("主体功能区"), "level": _("层级"), "category": _("岗位类别"), "county": _("县（区）")},
}


def step(key: str, label: str) -> str:
    """The label of a step of a computation: by its key where the console has a word for it."""
    found = WORDS["step"].get(key)
    return label if found is None else str(found)


def word(kind: str, code: str) -> str:
    """The word for a code; a code without a word is shown as it is."""
    return str(WORDS.get(kind, {}).get(code, code))
