"""Units that every policy may use; a policy adds its own in ``vocabulary/units.yaml``."""

from hengjian.policy.schema import WordEntry

UNITS: dict[str, WordEntry] = {
    symbol: WordEntry(name=symbol, name_en=english, kind=kind)  # type: ignore[arg-type]
    for symbol, english, kind in (
        ("%", "percent", "number"),
        ("百分点", "percentage points", "number"),
        ("%/百分点", "percent per percentage point", "number"),
        ("分", "points", "number"),
        ("倍", "times", "number"),
        ("比值", "ratio", "number"),
        ("元", "yuan", "number"),
        ("万元", "10,000 yuan", "number"),
        ("亿元", "100 million yuan", "number"),
        ("万元/亩", "10,000 yuan per mu", "number"),
        ("人", "persons", "count"),
        ("人次", "ratings", "count"),
        ("项", "items", "count"),
        ("个", "units", "count"),
        ("次", "times", "count"),
        ("个月", "months", "count"),
        ("年", "years", "count"),
        ("日", "calendar days", "count"),
        ("工作日", "working days", "count"),
        ("小时", "hours", "number"),
        ("分钟", "minutes", "count"),
        ("是否", "yes or no", "flag"),
        ("选项", "choice", "text"),
        ("文字", "text", "text"),
        ("列表", "list", "list"),
    )
}
