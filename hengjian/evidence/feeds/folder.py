"""Read ``feed.yaml`` into a :class:`Feed`, refusing with file and line what it cannot mean."""

from collections.abc import Mapping
from pathlib import Path
from zoneinfo import ZoneInfo, available_timezones

from hengjian.evidence.errors import FeedError
from hengjian.evidence.feeds.declaration import (
    FLAGS,
    OPTIONAL,
    REQUIRED,
    VERDICTS,
    Clocks,
    Column,
    DueRule,
    Expected,
    Feed,
    FileShape,
)
from hengjian.evidence.feeds.lines import Section, parsed
from hengjian.terms.canonical import digest

STATES = ("open", "closed", "withdrawn")
TRUTHS = ("true", "false", "unknown")
BASES = ("legal", "promised", "calculated")
_TOP = (
    "feed", "name", "name_en", "kind", "owner", "time_zone", "date_formats", "file", "columns",
    "constants", "codes", "clocks", "expected", "on_change", "ignored",
)  # fmt: skip

Codes = Mapping[str, Mapping[str, str]]


def load_feed(folder: Path) -> Feed:
    """The feed that a folder declares."""
    file = folder / "feed.yaml" if folder.is_dir() else folder
    try:
        text = file.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise FeedError(
            "读不到 feed.yaml", where=str(file), code="feed.absent",
            do="请给出放有 feed.yaml 的文件夹，文件用 UTF-8 保存",
        ) from error  # fmt: skip
    return feed_from_text(text, str(file))


def direct_feed(kind: str, code: str, name: str, *, on_change: str = "quarantine") -> Feed:
    """A feed for records that come from a form or from the demonstration, not from a file.

    Its columns carry our own field names, so a quarantined record can be corrected like any row.
    """
    lines = [f"feed: {code}", f"name: {name}", f"kind: {kind}", f"on_change: {on_change}"]
    lines += ["columns:", *(f"  {field}: {field}" for field in (*REQUIRED[kind], *OPTIONAL[kind]))]
    if kind == "case":
        lines += ["clocks:", "  due:", *(f"    - {{column: due_{b}, basis: {b}}}" for b in BASES)]
    return feed_from_text("\n".join(lines) + "\n", f"{code}（直接录入）")


def feed_from_text(text: str, where: str) -> Feed:
    """The feed that a declaration's text means; ``where`` names it in messages."""
    top = parsed(text, where)
    kind = top.one_of("kind", tuple(REQUIRED))
    codes = _codes(top.section("codes"))
    feed = Feed(
        code=_code(top),
        name=top.text("name"),
        name_en=top.text("name_en", ""),
        kind=kind,
        owner=top.text("owner", ""),
        text=text,
        digest=digest(text.encode("utf-8")),
        where=where,
        zone=_zone(top),
        date_formats=top.texts("date_formats"),
        columns=_columns(top, kind, codes),
        codes=codes,
        file=_file(top.section("file")),
        clocks=_clocks(top, kind),
        expected=_expected(top, kind),
        on_change=top.one_of("on_change", ("supersede", "quarantine"), "quarantine"),
        ignored=frozenset(top.texts("ignored")),
    )
    top.done(_TOP)
    both = sorted(feed.ignored & set(feed.wanted))
    if both:
        raise top.wrong(f"列“{both[0]}”既有对应又列入 ignored", "ignored", do="请二者取一")
    return feed


def _code(top: Section) -> str:
    code = top.text("feed")
    plain = code.replace("_", "").replace("-", "")
    if not (code.isascii() and plain.isalnum() and len(code) <= 40):
        raise top.wrong(f"“feed: {code}”不可用", "feed", do="用字母、数字、下划线，40 个字以内")
    return code


def _zone(top: Section) -> ZoneInfo:
    name = top.text("time_zone", "Asia/Shanghai")
    if name not in available_timezones():
        raise top.wrong(f"没有时区“{name}”", "time_zone", do="请写 Asia/Shanghai 之类的名称")
    return ZoneInfo(name)


def _file(part: Section) -> FileShape:
    shape = FileShape(
        format=part.one_of("format", ("csv", "xlsx", "jsonl"), "csv"),
        inside=part.one_of("inside", ("", "zip", "gz"), ""),
        member=part.text("member", ""),
        encoding=part.text("encoding", "utf-8"),
        delimiter=part.text("delimiter", ","),
        sheet=part.text("sheet", ""),
        header_row=part.number("header_row", 1),
    )
    try:
        "".encode(shape.encoding)
    except LookupError as error:
        do = "常用 utf-8 或 gb18030"
        raise part.wrong(f"没有编码“{shape.encoding}”", "encoding", do=do) from error
    if len(shape.delimiter) != 1:
        raise part.wrong("delimiter 应为一个字符", "delimiter", do='制表符写 "\\t"')
    part.done(("format", "inside", "member", "encoding", "delimiter", "sheet", "header_row"))
    return shape


def _codes(part: Section) -> Codes:
    tables = {}
    for name in part.keys:
        table = part.section(name)
        tables[name] = {key: table.text(key) for key in table.keys}
    return tables


def _columns(top: Section, kind: str, codes: Codes) -> dict[str, Column]:
    known = (*REQUIRED[kind], *OPTIONAL[kind])
    part, constants = top.section("columns"), top.section("constants")
    found = {key: _column(part, key, codes) for key in part.keys if key in known}
    part.done(known)
    free = [key for key in known if key not in found]
    for key in constants.keys:
        if key in free:
            found[key] = Column(constant=constants.text(key))
    constants.done(free)
    lacking = [key for key in REQUIRED[kind] if key not in found]
    if lacking:
        do = "请写明对应的列，或写入 constants"
        raise top.wrong(f"“columns”缺少字段：{'、'.join(lacking)}", "columns", do=do)
    return found


def _column(part: Section, key: str, codes: Codes) -> Column:
    if not part.is_mapping(key):
        return Column(column=part.text(key))
    inner = part.section(key)
    column = Column(column=inner.text("column"), codes=inner.text("codes", ""))
    if column.codes and column.codes not in codes:
        raise inner.wrong(f"codes 中没有对应表“{column.codes}”", "codes")
    allowed = STATES if key == "status" else TRUTHS if key in FLAGS else ()
    strange = [v for v in codes.get(column.codes, {}).values() if allowed and v not in allowed]
    if strange:
        do = f"应为：{'、'.join(allowed)}"
        raise inner.wrong(f"“{key}”的对应值“{strange[0]}”不可用", "codes", do=do)
    inner.done(("column", "codes"))
    return column


def _clocks(top: Section, kind: str) -> Clocks:
    part = top.section("clocks")
    if part.keys and kind != "case":
        raise top.wrong("只有 kind: case 才有 clocks", "clocks")
    clocks = Clocks(
        due=tuple(_due(rule) for rule in part.sections("due")),
        choose=part.one_of("choose", ("first", "earliest"), "first"),
        without_due=part.one_of("without_due", ("no_deadline", "refuse"), "no_deadline"),
        due_before_opened=part.one_of("due_before_opened", ("refuse", "accept"), "refuse"),
        counted=part.one_of("counted", ("judged", "opened"), "judged"),
    )
    part.done(("due", "choose", "without_due", "due_before_opened", "counted"))
    return clocks


def _due(rule: Section) -> DueRule:
    column, days = rule.text("column", ""), rule.number("days", 0)
    if bool(column) == bool(days):
        raise rule.wrong("每条期限规则写 column 或 days，二者取一")
    due = DueRule(
        basis=rule.one_of("basis", BASES, "calculated" if days else None),
        column=column,
        days=days,
        count=rule.one_of("count", ("working", "calendar"), None if days else "calendar"),
        kinds=frozenset(rule.texts("kinds")),
    )
    rule.done(("column", "days", "count", "basis", "kinds"))
    return due


def _expected(top: Section, kind: str) -> Expected | None:
    part = top.section("expected")
    if not part.keys:
        return None
    if kind != "case":
        raise top.wrong("只有 kind: case 才有 expected", "expected")
    column, table = part.text("column"), part.section("codes")
    codes = {key: frozenset(table.texts(key)) for key in table.keys}
    for key, verdicts in codes.items():
        if not verdicts or not verdicts <= set(VERDICTS):
            raise table.wrong(f"“{key}”的判定不可用", key, do=f"应为：{'、'.join(VERDICTS)}")
    part.done(("column", "codes"))
    return Expected(column, codes)
