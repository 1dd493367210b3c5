"""Each rule of the loader, broken once: the fault names file, line, rule and the way out."""

import os
from pathlib import Path
from typing import NamedTuple

import pytest

from hengjian import policy
from tests.unit.policy.conftest import Draft


class Break(NamedTuple):
    """How a rule is broken: old text to new, the fault's code, where it is told, what it says."""

    code: str
    file: str
    old: str
    new: str
    at: str
    says: str
    do: str = ""


DEBT, ZONE, CARD = "cost_benefit/debt.yaml", "indicators/zone.yaml", "scorecards/ecological.yaml"
GROUPS, PANELS, GRADES = "groups/groups.yaml", "panels/presets.yaml", "grades/grades.yaml"
OWN_UNIT = """
own:
  name: 试
  name_en: try
  clause: SPEC A7
  owner: 市委组织部
  unit: {unit}
  values:
{values}
"""


def _own(values: str, unit: str = "分") -> str:
    return OWN_UNIT.format(unit=unit, values=values)


COUNTY = """
try_county:
  name: 试调
  name_en: try
  clause: SPEC A2
  owner: 某县委组织部
  county: C1
  zone: ecological
  category: principal
  reason: {reason}
  versions:
    2026-01-01:
      change: {change}
"""
GOOD_CHANGE = "{gep: 5, tax_per_mu: -5}"


def _county(change: str = GOOD_CHANGE, reason: str = "生态保护任务重") -> str:
    return COUNTY.format(change=change, reason=reason)


INDEX = """
trial:
  name: 试指数
  name_en: trial
  clause: SPEC A9
  owner: 市统计局
  versions:
    2026-01-01:
{nodes}
"""


def _index(*nodes: str) -> str:
    return INDEX.format(nodes="\n".join(f"      {node}" for node in nodes))


def _node(code: str, children: str) -> str:
    return f"  {code}: {{name: 甲, name_en: a, children: {{{children}}}}}"


BREAKS = {
    "unknown unit of a parameter": Break(
        "unit", DEBT, 'unit: "%/百分点"', "unit: 百份点", "unit: 百份点", "百份点", "是否想写“百分点”？"
    ),
    "unknown unit of an indicator": Break(
        "unit", ZONE, "unit: 万元/亩", "unit: 万元/母", "unit: 万元/母", "万元/母", "万元/亩"
    ),
    "missing clause": Break(
        "missing_clause", DEBT, "  clause: SPEC A5\n  owner: 市财政局\n  unit: \"%/百分点\"",
        "  owner: 市财政局\n  unit: \"%/百分点\"", "debt_penalty:", "clause", "SPEC A5",
    ),
    "missing owner": Break(
        "missing_owner", CARD, "  owner: 市委组织部\n  zone: ecological\n  category: deputy",
        "  zone: ecological\n  category: deputy", "ecological_deputy:", "owner", "市委组织部",
    ),
    "empty clause": Break(
        "limit", "clocks/petition.yaml", "  clause: 信访工作条例\n  owner: 市信访局\n  unit: 日\n  values:\n    2025-01-01: 60",
        "  clause: \"\"\n  owner: 市信访局\n  unit: 日\n  values:\n    2025-01-01: 60", 'clause: ""', "是空的",
    ),
    "unknown key of an entry": Break(
        "unknown_key", DEBT, "as_written: 每高出上限\n", "as_writen: 每高出上限\n", "as_writen", "as_writen", "as_written"
    ),
    "unknown key of a version": Break(
        "unknown_key", ZONE, "missing: carry_forward\n      longterm: true", "missing: carry_forward\n      long_term: true",
        "long_term", "long_term", "longterm",
    ),
    "unknown key deep inside": Break(
        "unknown_key", GROUPS, "shrink: {prior: 75, strength: 15}", "shrink: {prior: 75, strenght: 15, strength: 15}",
        "strenght", "strenght", "strength",
    ),
    "the same day twice": Break(
        "duplicate_key", DEBT, "    2025-01-01: 120", "    2025-01-01: 120\n    2025-01-01: 130", "2025-01-01: 130", "已经写过"
    ),
    "a key twice": Break(
        "duplicate_key", DEBT, "  name: 债务率上限", "  name: 债务率上限\n  name: 上限", "name: 上限", "重复"
    ),
    "days out of order": Break(
        "dates_order", DEBT, "    2025-01-01: 120", "    2026-01-01: 130\n    2025-01-01: 120", "2025-01-01: 120", "颠倒", "从早到晚"
    ),
    "a gap in a rule": Break(
        "dates_gap", DEBT, "    2025-01-01: 120", "    2025-01-01: 120\n    2026-01-01: null\n    2027-01-01: 130",
        "2026-01-01: null", "中间无规定",
    ),
    "beginning with nothing": Break(
        "dates_begin", DEBT, "    2025-01-01: 120", "    2024-01-01: null\n    2025-01-01: 120", "2024-01-01", "以空值开始"
    ),
    "not a day": Break("day", DEBT, "    2025-01-01: 120", "    2025-02-30: 120", "2025-02-30", "日期写法有误", "2026-01-01"),
    "a day in another form": Break(
        "day", DEBT, "    2025-01-01: 120", "    2025-1-1: 120", "2025-1-1", "日期写法有误"
    ),
    "text for a number": Break(
        "value", DEBT, "    2025-01-01: 120", "    2025-01-01: 一百二十", "一百二十", "与单位“%”不符", "应为数字"
    ),
    "true for a number": Break("value", DEBT, "    2025-01-01: 120", "    2025-01-01: true", "2025-01-01: true", "true"),
    "yes for a flag (YAML 1.1)": Break(
        "value", "ratings/any_time.yaml", "    2025-01-01: false", "    2025-01-01: no", "2025-01-01: no", "“no”", "true 或 false"
    ),
    "a fraction for a count": Break(
        "value", "overload/lock.yaml", "    2025-01-01: 3", "    2025-01-01: 3.5", "3.5", "与单位“项”不符", "整数"
    ),
    "a number in octal writing": Break(
        "value", DEBT, "    2025-01-01: 120", "    2025-01-01: 0120", "0120", "与单位“%”不符"
    ),
    "infinity": Break("value", DEBT, "    2025-01-01: 120", "    2025-01-01: .inf", ".inf", "与单位“%”不符"),
    "a value that is no choice": Break(
        "choice", "latent/accounts.yaml", "    2025-01-01: task", "    2025-01-01: blame", "blame", "blame", "task、demerit"
    ),
    "weights that do not sum to 100": Break(
        "weights_sum", CARD, "gep: 25", "gep: 24", "weights:", "权重合计 99，不等于 100", "normalise: true"
    ),
    "a panel that does not sum to 100": Break(
        "weights_sum", PANELS, "      normalise: true\n", "", "weights:", "权重合计 105，不等于 100", "normalise: true"
    ),
    "a weight of zero": Break("limit", CARD, "gep: 25", "gep: 0", "gep: 0", "必须大于 0"),
    "an unknown indicator": Break(
        "unknown_code", CARD, "{gep: 25,", "{gepp: 25,", "gepp", "没有代码为“gepp”的指标", "是否想写“gep”？"
    ),
    "an unknown zone": Break("unknown_code", CARD, "  zone: ecological\n  category: middle", "  zone: ecologic\n  category: middle",
                             "zone: ecologic\n", "ecologic", "ecological"),
    "an unknown category": Break("unknown_code", CARD, "category: middle", "category: midle", "midle", "midle", "middle"),
    "an unknown theme": Break("unknown_code", ZONE, "theme: ecology", "theme: ecologie", "ecologie", "主题", "ecology"),
    "an unknown virtue": Break(
        "unknown_code", "indicators/base.yaml", "virtue: probity", "virtue: honesty", "honesty", "德能勤绩廉"
    ),
    "an unknown group": Break("unknown_code", PANELS, "outside: {media: 5}", "outside: {medea: 5}", "medea", "评价主体", "media"),
    "an unknown scale": Break(
        "unknown_code", GROUPS, "instrument: ten_point, minimum: 5", "instrument: ten_points, minimum: 5", "ten_points", "量表", "ten_point"
    ),
    "an unknown preset": Break(
        "choice", "panel/preset.yaml", "    2025-01-01: literal", "    2025-01-01: litteral", "litteral", "litteral", "literal"
    ),
    "an unknown quantity of a claim": Break(
        "claim", "claims/claims.yaml", "right: official_share", "right: officials_share", "officials_share", "数量", "official_share"
    ),
    "an indicator in the wrong part": Break(
        "part", CARD, "gep: 25, farm_processing: 8, tax_per_mu: 7}\n        post: {team_building: 10,",
        "farm_processing: 33, tax_per_mu: 7}\n        post: {gep: 10,", "gep: 10", "属于“zone”", "zone",
    ),
    "an indicator twice on a card": Break(
        "line_twice", CARD, "team_building: 10, leading_ranks: 10", "gep: 10, leading_ranks: 10", "weights:", "列了两次"
    ),
    "an indicator that has ended": Break(
        "not_in_force", ZONE, "    2025-01-01:\n      part: zone\n      theme: industry",
        "    2026-01-01:\n      part: zone\n      theme: industry", "", "并非一直有效",
    ),
    "two tables for one post": Break(
        "overlap", "scorecards/ecological_again.yaml", "",
        "again:\n  name: 又一张\n  name_en: again\n  clause: SPEC A2\n  owner: 市委组织部\n  zone: any\n  category: middle\n"
        "  versions:\n    2026-03-01:\n      weights:\n        base: {political_quality: 50, integrity: 50}\n",
        "again:", "2026-03-01",
    ),
    "two rules of comparison": Break(
        "overlap", "comparison/again.yaml", "",
        "again:\n  name: 又一个\n  name_en: again\n  clause: SPEC A3\n  owner: 市委组织部\n"
        "  versions:\n    2026-03-01: {keys: [level], least: 1, step: 0.01}\n", "again:", "可比组规定重叠",
    ),
    "a code in two files": Break(
        "twice", "indicators/zz.yaml", "",
        "gep:\n  name: 又一个\n", "gep:", "indicators/zone.yaml:",
    ),
    "tuning beyond the limit": Break(
        "county_beyond", "counties/c1.yaml", "", _county("{gep: 6, tax_per_mu: -6}"), "change:", "微调 +6，超过市定限度 ±5"
    ),
    "tuning that does not sum to nothing": Break(
        "county_sum", "counties/c1.yaml", "", _county("{gep: 5, tax_per_mu: -4}"), "change:", "微调合计 +1", "合计为 0"
    ),
    "tuning without a reason": Break(
        "limit", "counties/c1.yaml", "", _county(reason='""'), "reason:", "reason 是空的"
    ),
    "tuning that lacks a reason": Break(
        "missing", "counties/c1.yaml", "", _county().replace("  reason: 生态保护任务重\n", ""), "try_county:", "缺少 reason"
    ),
    "tuning of an indicator that is not on the card": Break(
        "county_line", "counties/c1.yaml", "", _county("{gep: 5, landing: -5}"), "change:", "没有“landing”"
    ),
    "a lock that was opened": Break(
        "overload_lock", "overload/lock.yaml", "    2025-01-01: 9", "    2025-01-01: 12", "2025-01-01: 12", "A8"
    ),
    "a scale upside down": Break(
        "scale", "instruments/scales.yaml", "{lowest: 1, highest: 10}", "{lowest: 10, highest: 1}", "lowest: 10", "不小于"
    ),
    "two grades with one limit": Break(
        "grades", GRADES, "{least: 70}", "{least: 60}", "", "最低分相同"
    ),
    "trimming half away": Break("limit", GROUPS, "trim: 5", "trim: 50", "trim: 50", "必须小于 50"),
    "a source without its metric": Break(
        "source", ZONE, "{kind: metric, metric: gep}", "{kind: metric}", "{kind: metric}", "来源 metric", "metric"
    ),
    "an unknown method": Break(
        "choice", ZONE, "{kind: metric, metric: gep}\n      normalisation: {method: completion,",
        "{kind: metric, metric: gep}\n      normalisation: {method: complete,", "complete,", "complete", "completion",
    ),
    "goalposts without posts": Break(
        "ends", ZONE, "{kind: metric, metric: gep}\n      normalisation: {method: completion, floor: 0, cap: 100}",
        "{kind: metric, metric: gep}\n      normalisation: {method: goalposts, low: 5, high: 5}", "goalposts", "端点",
    ),
    "neutral without its points": Break(
        "neutral", ZONE, "missing: carry_forward\n      longterm: true", "missing: neutral\n      longterm: true", "", "neutral"
    ),
    "an index of unknown children": Break(
        "unknown_code", "index/t.yaml", "", _index("nodes:", _node("all", "gepp: 1, tax_per_mu: 1")), "all:", "gepp", "gep"
    ),
    "an index with two tops": Break(
        "node_total", "index/t.yaml", "", _index("nodes:", _node("a", "gep: 1"), _node("b", "tax_per_mu: 1")), "nodes:", "2 个"
    ),
    "an index that runs in a circle": Break(
        "node_circle", "index/t.yaml", "",
        _index("nodes:", _node("a", "gep: 1"), _node("b", "c: 1"), _node("c", "b: 1")), "b:", "环中",
    ),
    "an index whose weights are not its total": Break(
        "weights_sum", "index/t.yaml", "", _index("total: 100", "nodes:", _node("a", "gep: 60, tax_per_mu: 30")), "nodes:", "90"
    ),
    "a make-up day on a Monday": Break(
        "calendar_make_up", "calendar/2026.yaml", "2026-10-10]", "2026-10-12]", "make_up:", "2026-10-12"
    ),
    "a holiday that does not exist": Break(
        "day", "calendar/2026.yaml", "2026-06-19/2026-06-21", "2026-06-31", "2026-06-31", "不是日期"
    ),
    "a year told twice": Break(
        "twice", "calendar/2026.yaml", "year: 2026", "year: 2025", "", "2025 年的放假安排"
    ),
    "broken YAML": Break("yaml", DEBT, "  name: 债务率上限", "  name: [债务率上限", "", "YAML 写法有误"),
    "a tab": Break("yaml", DEBT, "  name: 债务率上限", "\tname: 债务率上限", "\tname", "YAML 写法有误"),
    "an anchor": Break("alias", DEBT, "  name: 债务率上限", "  name: &x 债务率上限", "&x", "锚点"),
    "a tag": Break("tag", DEBT, "  name: 债务率上限", "  name: !!python/name:os.system 债务率上限", "!!python", "标签"),
    "two documents": Break("documents", "latent/two.yaml", "", "---\na: 1\n---\nb: 2\n", "---\nb", "多个 YAML 文档"),
    "an empty file": Break("empty_file", "latent/empty.yaml", "", "# 空\n", "# 空", "没有内容"),
    "a list for a mapping": Break("empty_file", "latent/list.yaml", "", "- 1\n- 2\n", "- 1", "没有内容"),
    "a file outside a theme": Break("place", "loose.yaml", "", "a: 1\n", "a", "不在主题文件夹"),
    "another suffix": Break("suffix", "latent/other.yml", "", "a: 1\n", "a", "扩展名"),
    "an unknown vocabulary": Break("vocabulary", "vocabulary/zone.yaml", "", "a: {name: 甲, name_en: a}\n", "a", "zone", "zones"),
    "no manifest key": Break("missing", "policy.yaml", "title_en: Policy package of the reformed assessment of officials\n", "", "id:", "title_en"),
    "an id that is no id": Break("limit", "policy.yaml", "id: seed", "id: 种子", "id: 种子", "写法不对"),
    "a value with an unknown key": Break(
        "unknown_key", DEBT, "    2025-01-01: 120", "    2025-01-01: {value: 120, readng: 改}", "readng", "readng", "reading"
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", BREAKS)
def test_a_broken_rule_is_refused_where_it_stands(name: str, draft: Draft) -> None:
    case = BREAKS[name]
    draft.change(case.file, case.old, case.new)
    faults = [fault for fault in draft.faults() if fault.code == f"policy.{case.code}"]
    assert faults, [(f.code, f.what, f.where) for f in draft.faults()]
    fault = faults[0]
    assert case.says in fault.what
    assert case.do in fault.do
    assert fault.do
    if case.at:
        line = draft.line(case.file, case.at)
        assert fault.where == f"{draft.root}/{case.file}:{line}"
    else:
        assert fault.where.startswith(f"{draft.root}/")
        assert int(fault.where.rpartition(":")[2]) >= 1


def test_what_is_not_broken_loads(draft: Draft) -> None:
    assert draft.load().digest == policy.load(policy.shipped()["seed"]).digest


def test_a_good_tuning_loads(draft: Draft) -> None:
    draft.change("counties/c1.yaml", "", _county())
    assert draft.load().id == "seed"


def _one_too_many(draft: Draft, lines: int) -> None:
    extra = ", ".join(f"extra_{n}: 1" for n in range(lines))
    draft.change(CARD, "leading_ranks: 10", f"leading_ranks: {10 - lines}, {extra}")
    text = (draft.root / "indicators/middle.yaml").read_text(encoding="utf-8")
    model = text[text.index("landing:") :]
    added = "".join(model.replace("landing:", f"extra_{n}:", 1) for n in range(lines))
    draft.change("indicators/extra.yaml", "", added)


def test_a_tenth_indicator_is_refused_by_the_lock(draft: Draft) -> None:
    _one_too_many(draft, 1)
    (fault,) = draft.faults()
    assert fault.code == "policy.overload"
    assert "10 项" in fault.what
    assert "9 项" in fault.what
    assert "A8" in fault.what
    assert "F5" in fault.what
    assert fault.where == f"{draft.root}/{CARD}:{draft.line(CARD, 'weights:')}"


def test_a_tighter_lock_holds_too(draft: Draft) -> None:
    draft.change("overload/lock.yaml", "    2025-01-01: 9", "    2025-01-01: 8")
    assert {fault.code for fault in draft.faults()} == {"policy.overload"}


def test_a_fourth_modifier_is_refused(draft: Draft) -> None:
    text = (draft.root / "modifiers/modifiers.yaml").read_text(encoding="utf-8")
    for n in range(3):
        draft.change(f"modifiers/m{n}.yaml", "", text.replace("debt:", f"debt_{n}:", 1))
    (fault,) = draft.faults()
    assert fault.code == "policy.modifiers"
    assert "4 个" in fault.what


def test_all_faults_are_listed_in_order(draft: Draft) -> None:
    draft.change(DEBT, "    2025-01-01: 120", "    2025-01-01: 多")
    draft.change(CARD, "gep: 25", "gep: 24")
    draft.change(
        "clocks/petition.yaml", "petition_extension:\n  name: 信访", "petition_extension:\n  nam: 信访"
    )
    draft.change("ratings/any_time.yaml", "    2025-01-01: 24", "    2025-01-01: [1, 2]")
    with pytest.raises(policy.PolicyFaults) as caught:
        draft.load()
    codes = [fault.code for fault in caught.value.faults]
    assert codes == [
        "policy.missing", "policy.unknown_key", "policy.value", "policy.value", "policy.weights_sum",
    ]  # fmt: skip
    assert "5 处错误" in caught.value.what
    assert str(caught.value).count("\n") == 4


def test_one_fault_does_not_draw_others(draft: Draft) -> None:
    draft.change(
        ZONE,
        "unit: 亿元\n      direction: more\n      frequency: year",
        "unit: 亿元\n      direction: up\n      frequency: year",
    )
    (fault,) = draft.faults()
    assert fault.code == "policy.choice"
    assert "more、less" in fault.do


def test_bytes_that_are_not_utf8(draft: Draft) -> None:
    (draft.root / "latent/gbk.yaml").write_bytes("甲: 1\n乙: 2\n".encode("gbk"))
    (fault,) = draft.faults()
    assert (fault.code, fault.where) == ("policy.encoding", f"{draft.root}/latent/gbk.yaml:1")


def test_an_alias_bomb_is_refused_at_once(draft: Draft) -> None:
    rows = "".join(f"a{n}: &a{n} [*a{n - 1}, *a{n - 1}]\n" for n in range(1, 40))
    draft.change("latent/bomb.yaml", "", f"a0: &a0 [x]\n{rows}")
    (fault,) = draft.faults()
    assert (fault.code, fault.where) == ("policy.alias", f"{draft.root}/latent/bomb.yaml:1")


def test_deep_nesting_is_refused(draft: Draft) -> None:
    draft.change("latent/deep.yaml", "", f"a: {'[' * 500}{']' * 500}\n")
    (fault,) = draft.faults()
    assert fault.code == "policy.deep"


def test_a_huge_file_is_refused(draft: Draft) -> None:
    draft.change("latent/huge.yaml", "", "a: 1\n" + "#" * 2_000_001)
    (fault,) = draft.faults()
    assert fault.code == "policy.too_large"


@pytest.mark.parametrize("make", ["nothing", "a file", "an empty folder"])
def test_what_is_no_folder_of_policies(make: str, tmp_path: Path) -> None:
    place = tmp_path / "p"
    if make == "a file":
        place.write_text("id: x", encoding="utf-8")
    if make == "an empty folder":
        place.mkdir()
    with pytest.raises(policy.PolicyFaults) as caught:
        policy.load(place)
    assert caught.value.where == str(place)
    assert caught.value.exit_code == 4
    assert caught.value.do


def test_files_at_hand_are_checked_like_a_folder() -> None:
    with pytest.raises(policy.PolicyFaults) as caught:
        policy.from_files({"policy.yaml": b"id: x\n", "latent/a.yaml": b"\xff\xfe"})
    assert {fault.where for fault in caught.value.faults} == {"policy.yaml:1", "latent/a.yaml:1"}


def test_no_name_of_a_file_leads_out_of_the_folder(draft: Draft) -> None:
    outside = draft.root.parent / "secret.yaml"
    outside.write_text("x: 1\n", encoding="utf-8")
    os.symlink(outside, draft.root / "latent/link.yaml")
    assert [fault.code for fault in draft.faults()] == ["policy.link"]
