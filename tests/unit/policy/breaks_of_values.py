"""How each rule of the loader is broken once: keys, dates, values, files."""

from tests.unit.policy.breaking import CARD, DEBT, GRADES, GROUPS, ZONE, Break, index, node

BREAKS = {
    "a holiday of another year": Break(
        "calendar_year",
        "calendar/2026.yaml",
        "[2026-06-19/2026-06-21]",
        "[2028-06-19]",
        "2028-06-19",
        "不在 2026 年",
    ),
    "a level outside its scale": Break(
        "scale", "instruments/scales.yaml", "非常满意: 5}", "非常满意: 6}", "levels:", "在量表之外"
    ),
    "a key that is a list": Break("key", "latent/odd.yaml", "", "? [a, b]\n: 1\n", "? [", "键必须是简单文字"),
    "unknown unit of a parameter": Break(
        "unit", DEBT, 'unit: "%/百分点"', "unit: 百份点", "unit: 百份点", "百份点", "是否想写“百分点”？"
    ),
    "unknown unit of an indicator": Break(
        "unit", ZONE, "unit: 万元/亩", "unit: 万元/母", "unit: 万元/母", "万元/母", "万元/亩"
    ),
    "missing clause": Break(
        "missing_clause",
        DEBT,
        '  clause: SPEC A5\n  owner: 市财政局\n  unit: "%/百分点"',
        '  owner: 市财政局\n  unit: "%/百分点"',
        "debt_penalty:",
        "clause",
        "SPEC A5",
    ),
    "missing owner": Break(
        "missing_owner",
        CARD,
        "  owner: 市委组织部\n  zone: ecological\n  category: deputy",
        "  zone: ecological\n  category: deputy",
        "ecological_deputy:",
        "owner",
        "市委组织部",
    ),
    "empty clause": Break(
        "limit",
        "clocks/petition.yaml",
        "  clause: 信访工作条例\n  owner: 市信访局\n  unit: 日\n  values:\n    2025-01-01: 60",
        '  clause: ""\n  owner: 市信访局\n  unit: 日\n  values:\n    2025-01-01: 60',
        'clause: ""',
        "是空的",
    ),
    "unknown key of an entry": Break(
        "unknown_key",
        DEBT,
        "as_written: 每高出上限\n",
        "as_writen: 每高出上限\n",
        "as_writen",
        "as_writen",
        "as_written",
    ),
    "unknown key of a version": Break(
        "unknown_key",
        ZONE,
        "missing: carry_forward\n      longterm: true",
        "missing: carry_forward\n      long_term: true",
        "long_term",
        "long_term",
        "longterm",
    ),
    "unknown key deep inside": Break(
        "unknown_key",
        GROUPS,
        "shrink: {prior: 75, strength: 15}",
        "shrink: {prior: 75, strenght: 15, strength: 15}",
        "strenght",
        "strenght",
        "strength",
    ),
    "the same day twice": Break(
        "duplicate_key",
        DEBT,
        "    2025-01-01: 120",
        "    2025-01-01: 120\n    2025-01-01: 130",
        "2025-01-01: 130",
        "已经写过",
    ),
    "a key twice": Break(
        "duplicate_key", DEBT, "  name: 债务率上限", "  name: 债务率上限\n  name: 上限", "name: 上限", "重复"
    ),
    "days out of order": Break(
        "dates_order",
        DEBT,
        "    2025-01-01: 120",
        "    2026-01-01: 130\n    2025-01-01: 120",
        "2025-01-01: 120",
        "颠倒",
        "从早到晚",
    ),
    "a gap in a rule": Break(
        "dates_gap",
        DEBT,
        "    2025-01-01: 120",
        "    2025-01-01: 120\n    2026-01-01: null\n    2027-01-01: 130",
        "2026-01-01: null",
        "中间无规定",
    ),
    "beginning with nothing": Break(
        "dates_begin",
        DEBT,
        "    2025-01-01: 120",
        "    2024-01-01: null\n    2025-01-01: 120",
        "2024-01-01",
        "以空值开始",
    ),
    "not a day": Break(
        "day", DEBT, "    2025-01-01: 120", "    2025-02-30: 120", "2025-02-30", "日期写法有误", "2026-01-01"
    ),
    "a day in another form": Break(
        "day", DEBT, "    2025-01-01: 120", "    2025-1-1: 120", "2025-1-1", "日期写法有误"
    ),
    "text for a number": Break(
        "value",
        DEBT,
        "    2025-01-01: 120",
        "    2025-01-01: 一百二十",
        "一百二十",
        "与单位“%”不符",
        "应为数字",
    ),
    "true for a number": Break(
        "value", DEBT, "    2025-01-01: 120", "    2025-01-01: true", "2025-01-01: true", "true"
    ),
    "yes for a flag (YAML 1.1)": Break(
        "value",
        "ratings/any_time.yaml",
        "    2025-01-01: false",
        "    2025-01-01: no",
        "2025-01-01: no",
        "“no”",
        "true 或 false",
    ),
    "a fraction for a count": Break(
        "value",
        "overload/lock.yaml",
        "    2025-01-01: 3",
        "    2025-01-01: 3.5",
        "3.5",
        "与单位“项”不符",
        "整数",
    ),
    "a number in octal writing": Break(
        "value", DEBT, "    2025-01-01: 120", "    2025-01-01: 0120", "0120", "与单位“%”不符"
    ),
    "infinity": Break("value", DEBT, "    2025-01-01: 120", "    2025-01-01: .inf", ".inf", "与单位“%”不符"),
    "a value that is no choice": Break(
        "choice",
        "latent/accounts.yaml",
        "    2025-01-01: task",
        "    2025-01-01: blame",
        "blame",
        "blame",
        "task、demerit",
    ),
    "a scale upside down": Break(
        "scale",
        "instruments/scales.yaml",
        "{lowest: 1, highest: 10}",
        "{lowest: 10, highest: 1}",
        "lowest: 10",
        "不小于",
    ),
    "two grades with one limit": Break("grades", GRADES, "{least: 70}", "{least: 60}", "", "最低分相同"),
    "trimming half away": Break("limit", GROUPS, "trim: 5", "trim: 50", "trim: 50", "必须小于 50"),
    "a source without its metric": Break(
        "source",
        ZONE,
        "{kind: metric, metric: gep}",
        "{kind: metric}",
        "{kind: metric}",
        "来源 metric",
        "metric",
    ),
    "an unknown method": Break(
        "choice",
        ZONE,
        "{kind: metric, metric: gep}\n      normalisation: {method: completion,",
        "{kind: metric, metric: gep}\n      normalisation: {method: complete,",
        "complete,",
        "complete",
        "completion",
    ),
    "goalposts without posts": Break(
        "ends",
        ZONE,
        "{kind: metric, metric: gep}\n      normalisation: {method: completion, floor: 0, cap: 100}",
        "{kind: metric, metric: gep}\n      normalisation: {method: goalposts, low: 5, high: 5}",
        "goalposts",
        "端点",
    ),
    "neutral without its points": Break(
        "neutral",
        ZONE,
        "missing: carry_forward\n      longterm: true",
        "missing: neutral\n      longterm: true",
        "",
        "neutral",
    ),
    "an index of unknown children": Break(
        "unknown_code",
        "index/t.yaml",
        "",
        index("nodes:", node("all", "gepp: 1, tax_per_mu: 1")),
        "all:",
        "gepp",
        "gep",
    ),
    "an index with two tops": Break(
        "node_total",
        "index/t.yaml",
        "",
        index("nodes:", node("a", "gep: 1"), node("b", "tax_per_mu: 1")),
        "nodes:",
        "2 个",
    ),
    "an index that runs in a circle": Break(
        "node_circle",
        "index/t.yaml",
        "",
        index("nodes:", node("a", "gep: 1"), node("b", "c: 1"), node("c", "b: 1")),
        "b:",
        "环中",
    ),
    "an index whose weights are not its total": Break(
        "weights_sum",
        "index/t.yaml",
        "",
        index("total: 100", "nodes:", node("a", "gep: 60, tax_per_mu: 30")),
        "nodes:",
        "90",
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
    "a tag": Break(
        "tag", DEBT, "  name: 债务率上限", "  name: !!python/name:os.system 债务率上限", "!!python", "标签"
    ),
    "two documents": Break(
        "documents", "latent/two.yaml", "", "---\na: 1\n---\nb: 2\n", "---\nb", "多个 YAML 文档"
    ),
    "an empty file": Break("empty_file", "latent/empty.yaml", "", "# 空\n", "# 空", "没有内容"),
    "a list for a mapping": Break("empty_file", "latent/list.yaml", "", "- 1\n- 2\n", "- 1", "没有内容"),
    "a file outside a theme": Break("place", "loose.yaml", "", "a: 1\n", "a", "不在主题文件夹"),
    "another suffix": Break("suffix", "latent/other.yml", "", "a: 1\n", "a", "扩展名"),
    "an unknown vocabulary": Break(
        "vocabulary", "vocabulary/zone.yaml", "", "a: {name: 甲, name_en: a}\n", "a", "zone", "zones"
    ),
    "no manifest key": Break(
        "missing",
        "policy.yaml",
        "title_en: Policy package of the reformed assessment of officials\n",
        "",
        "id:",
        "title_en",
    ),
    "an id that is no id": Break("limit", "policy.yaml", "id: seed", "id: 种子", "id: 种子", "写法不对"),
    "a value with an unknown key": Break(
        "unknown_key",
        DEBT,
        "    2025-01-01: 120",
        "    2025-01-01: {value: 120, readng: 改}",
        "readng",
        "readng",
        "reading",
    ),
}
