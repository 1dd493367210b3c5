"""Puts what pydantic found into words: what is wrong and what to write instead, in Chinese."""

from collections.abc import Mapping
from typing import Any

from hengjian.policy.errors import nearest

_OWN = {
    "day": ("日期写法有误", "请写成 2026-01-01 这样的日期"),
    "neutral": (
        "missing: neutral 与 neutral 分值必须同时写或同时不写",
        "缺失取中性分时写 missing: neutral 和 neutral: 60；否则两处都不写",
    ),
    "ends": ("缺少端点或下端不小于上端", "请写 low 和 high，且 low 小于 high"),
    "ln": ("取对数时下端必须大于 0", "请改 low，或删去 ln: true"),
    "bands": ("分档表为空或未按数值从小到大排列", "请写 bands: [[0, 0], [60, 50], [100, 100]]"),
    "floor": ("下限高于上限", "请使 floor 不大于 cap"),
}
_EXPECTED = {
    "float_type": "数字",
    "int_type": "整数",
    "int_from_float": "整数",
    "string_type": "文字",
    "bool_type": "true 或 false",
    "dict_type": "“键: 值”的列表",
    "list_type": "列表",
    "model_type": "“键: 值”的列表",
    "model_attributes_type": "“键: 值”的列表",
    "date_type": "2026-01-01 这样的日期",
}
_LIMITS = {
    "greater_than": ("必须大于 {gt}", "请写大于 {gt} 的数"),
    "greater_than_equal": ("不能小于 {ge}", "请写不小于 {ge} 的数"),
    "less_than": ("必须小于 {lt}", "请写小于 {lt} 的数"),
    "less_than_equal": ("不能大于 {le}", "请写不大于 {le} 的数"),
    "finite_number": ("不是有限的数", "请写普通数字"),
    "string_too_short": ("是空的", "请填写内容"),
    "string_pattern_mismatch": ("写法不对", "只用小写字母、数字、下划线和连字符，并以字母开头"),
    "too_short": ("至少要有 {min_length} 项", "请补充内容"),
    "too_long": ("至多 {max_length} 项", "请删去多余内容"),
}
_MISSING = {
    "clause": ("缺少依据条款 clause", "请写明依据，例如 clause: SPEC A5"),
    "owner": ("缺少责任单位 owner", "请写明责任单位，例如 owner: 市委组织部"),
}

Worded = tuple[str, str, str]


def worded(error: Mapping[str, Any], known: list[str]) -> Worded:
    """Code, what is wrong and what to do for one finding; ``known`` are the keys allowed there.

    Clause: SPEC A8
    """
    kind = str(error["type"])
    key = str(error["loc"][-1]) if error["loc"] else ""
    context = error.get("ctx", {})
    if kind == "missing":
        what, do = _MISSING.get(key, (f"缺少 {key}", f"请补写 {key}"))
        return f"policy.missing_{key}" if key in _MISSING else "policy.missing", what, do
    if kind == "extra_forbidden":
        return "policy.unknown_key", f"不认识的键“{key}”", nearest(key, known)
    if kind == "value_error":
        return _own(str(context.get("error", "")), key)
    if kind == "literal_error":
        expected = str(context.get("expected", "")).replace(" or ", "、").replace("'", "")
        what = f"{key} 不能写“{error['input']}”"
        return "policy.choice", what, f"可写：{expected}"
    if kind == "too_short" and error["input"] == "":
        kind = "string_too_short"
    if kind in _LIMITS:
        what, do = _LIMITS[kind]
        return "policy.limit", f"{key} {what.format(**context)}", do.format(**context)
    expected = _EXPECTED.get(kind, "")
    what = f"{key} 的写法不对（现为 {shown(error['input'])}）"
    return "policy.type", what, f"应为{expected}" if expected else "请对照已有的制度文件改写"


def _own(code: str, key: str) -> Worded:
    if code.startswith("source:"):
        _, kind, needed = code.split(":")
        what = f"来源 {kind} 的写法不全或多写了键"
        return "policy.source", what, f"kind: {kind} 时除 kind 外应写：{needed}"
    what, do = _OWN.get(code, ("写法不对", "请对照已有的制度文件改写"))
    return f"policy.{code}", f"{key}：{what}" if code == "day" else what, do


def shown(value: Any) -> str:
    """A value as it may stand in a message: short, in the file's own words.

    Clause: SPEC A8
    """
    words = {True: "true", False: "false", None: "null"}
    if isinstance(value, dict | list):
        return "列表" if value else "空"
    text = words[value] if value is None or isinstance(value, bool) else str(value)
    return text if len(text) <= 30 else text[:30] + "……"
