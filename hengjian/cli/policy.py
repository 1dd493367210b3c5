"""``hengjian policy``: check, show, compare policies; write the documents."""

import sys
from collections.abc import Mapping
from datetime import date, datetime
from pathlib import Path
from typing import Any, Literal

import click
from rich import box
from rich.table import Table
from rich.text import Text

from hengjian import policy as room
from hengjian.cli.english import english
from hengjian.cli.faults import said
from hengjian.cli.files import make_folder, write_whole
from hengjian.cli.frame import Verb
from hengjian.cli.screen import Screen
from hengjian.cli.words import both, say, t
from hengjian.policy.changes import Change, changes
from hengjian.policy.measures import documents
from hengjian.policy.measures_passages import MEANS
from hengjian.policy.model import Index, Scorecard
from hengjian.policy.words import figure, place_of, rule_of, source_of
from hengjian.terms.calendar import SHANGHAI
from hengjian.terms.errors import PolicyError

PIPED = 120
DAY = click.DateTime(formats=["%Y-%m-%d"])


@click.group(
    help=both(
        "检查、展示、比较制度文件，生成制度文本。DIR 可写随附制度的名字：seed、before。",
        "Check, show and compare policies; write the documents. DIR may be seed or before.",
    )
)
def policy() -> None:
    """Nothing by itself."""


def folder(name: str) -> room.PolicyFolder:
    """The policy of that path, or the shipped one of that name."""
    shipped = room.shipped()
    if not Path(name).exists() and name in shipped:
        return room.load(shipped[name])
    return room.load(name)


def day_of(value: datetime | None) -> date:
    """The day given, or today in Shanghai."""
    return value.date() if value else datetime.now(SHANGHAI).date()


def _table(*heads: str, title: str = "") -> Table:
    table = Table(title=title or None, box=box.SIMPLE_HEAD, title_justify="left", pad_edge=False)
    for head in heads:
        right = head.startswith(("权重", "weight"))
        justify: Literal["left", "right"] = "right" if right else "left"
        table.add_column(head, justify=justify, overflow="fold")
    return table


def _print(*things: Table | str) -> None:
    console = Screen(highlight=False, width=None if sys.stdout.isatty() else PIPED)
    for thing in things:
        console.print(Text(thing) if isinstance(thing, str) else thing)


@policy.command(cls=Verb, help=both("检查制度文件夹，列出全部错误。", "Check a folder; list every fault."))
@click.argument("directory", metavar="DIR")
@click.option("--on", type=DAY, help="按哪一天核验 day on which claims are checked")
def check(directory: str, on: datetime | None) -> int:
    """Load the folder; every fault is told with file and line."""
    try:
        found = folder(directory)
        rules = found.in_force(day_of(on))
    except room.PolicyFaults as error:
        for fault in error.faults:
            place, what, step = fault.where, said(fault.what), said(fault.do)
            click.echo(t(f"{place}：{what}。{step}", f"{place}: {what}. {step}"), err=True)
        count = len(error.faults)
        say(f"未通过：{count} 处错误", f"Refused: {count} faults", err=True)
        return error.exit_code
    say(
        f"通过：{found.title}（{found.id}），{len(found.files)} 个文件，"
        f"{len(rules.indicators)} 项指标，{len(rules.parameters)} 个参数，摘要 {found.digest[:16]}",
        f"Sound: {found.id}, {len(found.files)} files, {len(rules.indicators)} indicators, "
        f"{len(rules.parameters)} parameters, digest {found.digest[:16]}",
    )
    for claim in rules.claims:
        sign = {"above": ">", "below": "<", "equals": "="}[claim.relation]
        figures = f"{claim.left_value:.2f}% {sign} {claim.right_value:.2f}%"
        zh, en = ("成立", "holds") if claim.holds else ("不成立", "does not hold")
        say(f"  核验 {claim.name}：{figures} {zh}", f"  Claim {claim.name_en}: {figures} {en}")
    return 0


@policy.command(cls=Verb, help=both("展示一个岗位的计分表。", "Show a post's scorecard."))
@click.argument("directory", metavar="DIR")
@click.option("--zone", help="功能区代码 zone")
@click.option("--category", help="岗位类别代码 post category")
@click.option("--county", default="", help="县区（有微调的） county with a tuning")
@click.option("--on", type=DAY, help="哪一天的规定，默认今天 day, default today")
def show(directory: str, zone: str | None, category: str | None, county: str, on: datetime | None) -> None:
    """Print the table of one post, or of every post when none is named."""
    rules = folder(directory).in_force(day_of(on))
    cards = [
        card for card in rules.scorecards() if zone in {None, card.zone} and category in {None, card.category}
    ]
    if not cards and rules.indices and zone is None and category is None:
        _print(*map(_index_table, rules.indices.values()))
        return
    if not cards:
        known = "、".join([*rules.zones, *rules.categories]) or t("无", "none")
        raise PolicyError(
            "没有这样的岗位",
            do=f"代码可用：{known}",
            code="policy.no_scorecard",
        )
    tuned = [tuning.county for tuning in rules.tunings]
    if county and county not in tuned:
        raise PolicyError(
            f"没有“{county}”的一县一策",
            do=f"代码可用：{'、'.join(tuned) or t('无', 'none')}",
            code="policy.no_tuning",
        )
    for card in cards:
        _print_card(rules, rules.scorecard(card.zone, card.category, county))
    if rules.panels:
        _print_panel(rules)


def _print_card(rules: room.Policy, card: Scorecard) -> None:
    own = words_of(rules)
    place = place_of(rules, card.zone, card.category)
    title = t(f"{place}计分表", f"Scorecard: {english(place, own)}")
    if card.reason:
        title += t(f"（{card.county} 一县一策：{card.reason}）", f" ({card.county}, tuned: {card.reason})")
    table = _table(*_heads("部分", "指标", "权重", "来源", "计分", "依据"), title=f"\n{title}")
    for line in card.lines:
        item = rules.indicators[line.indicator]
        weight = f"{figure(line.weight)}%"
        if abs(line.weight - line.as_written) > 1e-9:
            weight += t(f"（原 {figure(line.as_written)}）", f" (as written {figure(line.as_written)})")
        cells = (card.parts[line.part], item.name, weight, source_of(item), rule_of(item.normalisation))
        table.add_row(*(_cell(cell, own) for cell in cells), item.provenance.clause)
    total = f"{figure(sum(x.weight for x in card.lines))}%"
    table.add_row(t("合计", "sum"), t(f"{len(card.lines)} 项", f"{len(card.lines)} indicators"), total)
    at = f"{card.provenance.file}:{card.provenance.line}"
    note = t(f"  依据 {card.provenance.clause}（{at}）", f"  By {card.provenance.clause} ({at})")
    _print(table, note)
    if card.provenance.reading:
        _print(t("  解释：", "  Reading (in Chinese): ") + card.provenance.reading)


HEADS = {
    "部分": "part", "指标": "indicator", "权重": "weight", "来源": "source", "计分": "points",
    "依据": "clause", "节点": "node", "名称": "name", "合成方法": "mean",
    "下级及权重": "children and weights", "主体": "group", "归属": "side",
    "权重（原文）": "weight as written", "权重（折算）": "weight of 100", "最少": "least",
    "对象": "of what", "事项": "what", "原来": "before", "现在": "after",
}  # fmt: skip


def _heads(*heads: str) -> tuple[str, ...]:
    return tuple(t(head, HEADS[head]) for head in heads)


def _cell(text: str, own: Mapping[str, str]) -> str:
    return t(text, english(text, own))


def words_of(*policies: room.Policy) -> dict[str, str]:
    """The policies' own names, Chinese to English, where the policy gives the English."""
    found: dict[str, str] = {}
    for rules in policies:
        for words in (rules.zones, rules.categories, rules.levels, rules.themes, rules.virtues, rules.parts,
                      rules.units):  # fmt: skip
            found |= {name.zh: name.en for name in words.values()}
        named: list[Any] = [stratum for group in rules.groups for stratum in group.strata]
        for things in (rules.indicators, rules.parameters, rules.panels, rules.instruments):
            named += things.values()
        named += (*rules.groups, *rules.grades, *rules.modifiers, *rules.tunings)
        found |= {item.name: item.name_en for item in named}
    return {zh: en for zh, en in found.items() if zh and en}


def _index_table(index: Index) -> Table:
    table = _table(
        *_heads("节点", "名称", "合成方法", "下级及权重"), title=f"\n{t(index.name, index.name_en)}"
    )
    for node in reversed(index.nodes):
        children = "、".join(f"{code}×{figure(weight)}" for code, weight in node.children)
        mean = t(MEANS[node.mean], node.mean)
        table.add_row(node.code, t(node.name, node.name_en), mean, children)
    return table


def _print_panel(rules: room.Policy) -> None:
    panel = rules.panel
    title = t(f"评价主体：{panel.name}", f"Panel: {panel.name_en}")
    table = _table(*_heads("主体", "归属", "权重（原文）", "权重（折算）", "最少"), title=f"\n{title}")
    for group in panel.groups:
        table.add_row(
            t(group.name, group.name_en),
            t("官评", "official") if group.side == "official" else t("民评", "public"),
            figure(group.as_written),
            f"{group.weight:.2f}%", str(group.minimum),
        )  # fmt: skip
    table.add_row(t("合计", "sum"), "", figure(panel.total), "100.00%", "")
    official, public = rules.official_share(), rules.public_share()
    _print(
        table,
        t(
            f"  官评 {figure(official.as_written)}（{official.percent:.2f}%），"
            f"民评 {figure(public.as_written)}（{public.percent:.2f}%）",
            f"  officials {figure(official.as_written)} ({official.percent:.2f}%), "
            f"public {figure(public.as_written)} ({public.percent:.2f}%)",
        ),
    )


@policy.command(
    cls=Verb,
    help=both("比较两套制度，或一套制度的两个日期。", "Compare two policies, or two days of one."),
)
@click.argument("old", metavar="A")
@click.argument("new", metavar="B", required=False)
@click.option("--on", type=DAY, help="A 的日期，默认今天 day of A")
@click.option("--on2", type=DAY, help="B 的日期，默认同 A day of B")
def diff(old: str, new: str | None, on: datetime | None, on2: datetime | None) -> None:
    """Print what changed, section by section."""
    first = day_of(on)
    second = on2.date() if on2 else first
    before, after = folder(old).in_force(first), folder(new or old).in_force(second)
    found = changes(before, after)
    if not found:
        say("没有差别。", "No difference.")
        return
    for section in dict.fromkeys(change.section for change in found):
        _print(_differences(section, [c for c in found if c.section == section], words_of(before, after)))
    say(f"共 {len(found)} 处差别。", f"{len(found)} differences.")


def _differences(section: str, found: list[Change], own: Mapping[str, str]) -> Table:
    table = _table(*_heads("对象", "事项", "原来", "现在"), title=f"\n{_cell(section, own)}")
    last = ""
    for change in found:
        subject = "" if change.subject == last else change.subject
        last = change.subject
        table.add_row(*(_cell(cell, own) for cell in (subject, change.what, change.before, change.after)))
    return table


@policy.command(
    cls=Verb,
    help=both("由制度文件生成“1+3”制度文本（Markdown）。", 'Write the "1+3" package as Markdown.'),
)
@click.argument("directory", metavar="DIR")
@click.option(
    "-o",
    "--out",
    "out",
    required=True,
    type=click.Path(file_okay=False, path_type=Path),
    help="写到这个文件夹 Folder to write to.",
)
@click.option("--on", type=DAY, help="哪一天的规定，默认今天 day, default today")
def docs(directory: str, out: Path, on: datetime | None) -> None:
    """Write the four texts; the same policy and day give the same bytes."""
    written = documents(folder(directory).in_force(day_of(on)))
    make_folder(out)
    for name, text in written.items():
        write_whole(out / name, text.encode())
        click.echo(str(out / name))
    say(f"已生成 {len(written)} 份文件。", f"{len(written)} documents written.")
