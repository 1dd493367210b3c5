"""How each rule of the loader is broken once: weights, codes, tables, counties."""

from tests.unit.policy.breaking import CARD, GROUPS, PANELS, ZONE, Break, county, index, node

BREAKS = {
    "tuning where no limit was set": Break(
        "county_limit",
        "county_tuning/limits.yaml",
        "limit:\n",
        "limits:\n",
        "",
        "没有规定县区微调的限度",
        "county_tuning.limit",
    ),
    "tuning of posts that have no table": Break(
        "county_table",
        "counties/c1.yaml",
        "",
        county().replace("category: principal", "category: clerk"),
        "try_county:",
        "没有可微调的计分表",
    ),
    "tuning a weight away": Break(
        "county_zero",
        "counties/c1.yaml",
        "",
        county("{tax_per_mu: -7, gep: 5, integrity: 2}"),
        "change:",
        "权重为 0",
    ),
    "two tunings of one table": Break(
        "overlap",
        "counties/c1.yaml",
        "",
        county() + county().replace("try_county:", "again:"),
        "again:",
        "微调重叠",
    ),
    "a node named like an indicator": Break(
        "node_code", "index/t.yaml", "", index("nodes:", node("gep", "tax_per_mu: 1")), "gep:", "同名"
    ),
    "a child of two parents": Break(
        "node_twice",
        "index/t.yaml",
        "",
        index("nodes:", node("a", "gep: 1"), node("b", "gep: 1, a: 1")),
        "b:",
        "已是“a”的下级",
    ),
    "a weight changed outside the window": Break(
        "window",
        CARD,
        "post: {team_building: 10, leading_ranks: 10, setting_direction: 10}\n",
        "post: {team_building: 10, leading_ranks: 10, setting_direction: 10}\n"
        "    2026-05-01:\n      weights:\n        base: {political_quality: 50, integrity: 50}\n",
        "2026-05-01",
        "X24",
        "1 月 1 日、7 月 1 日",
    ),
    "weights that do not sum to 100": Break(
        "weights_sum", CARD, "gep: 25", "gep: 24", "weights:", "权重合计 99，不等于 100", "normalise: true"
    ),
    "a panel that does not sum to 100": Break(
        "weights_sum",
        PANELS,
        "      normalise: true\n",
        "",
        "weights:",
        "权重合计 105，不等于 100",
        "normalise: true",
    ),
    "a weight of zero": Break("limit", CARD, "gep: 25", "gep: 0", "gep: 0", "必须大于 0"),
    "an unknown indicator": Break(
        "unknown_code", CARD, "{gep: 25,", "{gepp: 25,", "gepp", "没有代码为“gepp”的指标", "是否想写“gep”？"
    ),
    "an unknown zone": Break(
        "unknown_code",
        CARD,
        "  zone: ecological\n  category: middle",
        "  zone: ecologic\n  category: middle",
        "zone: ecologic\n",
        "ecologic",
        "ecological",
    ),
    "an unknown category": Break(
        "unknown_code", CARD, "category: middle", "category: midle", "midle", "midle", "middle"
    ),
    "an unknown theme": Break(
        "unknown_code", ZONE, "theme: ecology", "theme: ecologie", "ecologie", "主题", "ecology"
    ),
    "an unknown virtue": Break(
        "unknown_code", "indicators/base.yaml", "virtue: probity", "virtue: honesty", "honesty", "德能勤绩廉"
    ),
    "an unknown group": Break(
        "unknown_code", PANELS, "outside: {media: 5}", "outside: {medea: 5}", "medea", "评价主体", "media"
    ),
    "an unknown scale": Break(
        "unknown_code",
        GROUPS,
        "instrument: ten_point, minimum: 5, trim",
        "instrument: ten_points, minimum: 5, trim",
        "ten_points",
        "量表",
        "ten_point",
    ),
    "an unknown preset": Break(
        "choice",
        "panel/preset.yaml",
        "    2025-01-01: literal",
        "    2025-01-01: litteral",
        "litteral",
        "litteral",
        "literal",
    ),
    "an unknown quantity of a claim": Break(
        "claim",
        "claims/claims.yaml",
        "right: official_share",
        "right: officials_share",
        "officials_share",
        "数量",
        "official_share",
    ),
    "an indicator in the wrong part": Break(
        "part",
        CARD,
        "gep: 25, farm_processing: 8, tax_per_mu: 7}\n        post: {team_building: 10,",
        "farm_processing: 33, tax_per_mu: 7}\n        post: {gep: 10,",
        "gep: 10",
        "属于“zone”",
        "zone",
    ),
    "an indicator twice on a card": Break(
        "line_twice",
        CARD,
        "team_building: 10, leading_ranks: 10",
        "gep: 10, leading_ranks: 10",
        "weights:",
        "列了两次",
    ),
    "an indicator that has ended": Break(
        "not_in_force",
        ZONE,
        "    2025-01-01:\n      part: zone\n      theme: industry",
        "    2026-01-01:\n      part: zone\n      theme: industry",
        "",
        "并非一直有效",
    ),
    "two tables for one post": Break(
        "overlap",
        "scorecards/ecological_again.yaml",
        "",
        "again:\n  name: 又一张\n  name_en: again\n  clause: SPEC A2\n  owner: 市委组织部\n"
        "  zone: any\n  category: middle\n  versions:\n    2026-03-01:\n      weights:\n"
        "        base: {political_quality: 50, integrity: 50}\n",
        "again:",
        "2026-03-01",
    ),
    "two rules of comparison": Break(
        "overlap",
        "comparison/again.yaml",
        "",
        "again:\n  name: 又一个\n  name_en: again\n  clause: SPEC A3\n  owner: 市委组织部\n"
        "  versions:\n    2026-03-01: {keys: [level], least: 1, step: 0.01}\n",
        "again:",
        "可比组规定重叠",
    ),
    "a code in two files": Break(
        "twice",
        "indicators/zz.yaml",
        "",
        "gep:\n  name: 又一个\n",
        "gep:",
        "indicators/zone.yaml:",
    ),
    "tuning beyond the limit": Break(
        "county_beyond",
        "counties/c1.yaml",
        "",
        county("{gep: 6, tax_per_mu: -6}"),
        "change:",
        "微调 +6，超过市定限度 ±5",
    ),
    "tuning that does not sum to nothing": Break(
        "county_sum",
        "counties/c1.yaml",
        "",
        county("{gep: 5, tax_per_mu: -4}"),
        "change:",
        "微调合计 +1",
        "合计为 0",
    ),
    "tuning without a reason": Break(
        "limit", "counties/c1.yaml", "", county(reason='""'), "reason:", "reason 是空的"
    ),
    "tuning that lacks a reason": Break(
        "missing",
        "counties/c1.yaml",
        "",
        county().replace("  reason: 生态保护任务重\n", ""),
        "try_county:",
        "缺少 reason",
    ),
    "tuning of an indicator that is not on the card": Break(
        "county_line", "counties/c1.yaml", "", county("{gep: 5, landing: -5}"), "change:", "没有“landing”"
    ),
    "a lock that was opened": Break(
        "overload_lock",
        "overload/lock.yaml",
        "    2025-01-01: 9",
        "    2025-01-01: 12",
        "2025-01-01: 12",
        "A8",
    ),
}
