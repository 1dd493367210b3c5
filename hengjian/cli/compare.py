"""``hengjian compare``: the same facts under two policies, or two results, cause by cause."""

from collections.abc import Sequence
from pathlib import Path

import click
from rich import box
from rich.table import Table

from hengjian.cli.frame import Verb
from hengjian.cli.screen import Screen
from hengjian.cli.words import both, say, t
from hengjian.policy import Policy, load, shipped
from hengjian.scoring import compare as scoring
from hengjian.scoring.bundle import Bundle, read_bundle
from hengjian.scoring.compare import Change, Comparison, Share
from hengjian.scoring.hybrids import GROUPING
from hengjian.scoring.snapshot import Snapshot
from hengjian.terms.errors import Refused
from hengjian.terms.numbers import shown

WIDTH = 24
Named = tuple[Snapshot, Policy]  # the facts, and a policy that knows its title and its grades' names
ENGLISH = {
    "weights": "indicators and weights",
    "normalisation": "how values become points",
    "panel": "who judges, with what weight",
    "cost_benefit": "cost against benefit",
    "grouping": "comparable groups",
    "facts.public_marks": "the public's marks",
    "facts.other": "other facts",
}


@click.command(
    cls=Verb,
    name="compare",
    help=both(
        "比较同一份事实在两套制度下的结果（一个结果包加 --before/--after），或比较两个结果包；"
        "每个原因占多少，合计正好等于全部差别。",
        "Compare one bundle under two policies, or two bundles; the causes' shares sum exactly "
        "to the difference.",
    ),
)
@click.argument("files", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.option("--before", "old", default="", help=both("先前的制度：名称或文件夹", "Policy before"))
@click.option("--after", "new", default="", help=both("后来的制度：名称或文件夹", "Policy after"))
@click.option("--seat", default="", help=both("任职编号", "Seat"))
@click.option("--all", "everybody", is_flag=True, help=both("列出每个任职的变化", "List every seat"))
def compare(files: tuple[Path, ...], old: str, new: str, seat: str, everybody: bool) -> None:
    """Compare for one seat, or list whose rank or grade changes."""
    before, after, synthetic = sides_of(files, old, new)
    if synthetic:
        say("合成数据", "synthetic data")
    names = Names(before, after)
    if seat:
        show_one(scoring.compare(before, after, seat), names)
    else:
        show_all(scoring.changes(before, after), names, everybody=everybody)


def sides_of(files: Sequence[Path], old: str, new: str) -> tuple[Named, Named, bool]:
    """Facts and policy of both sides."""
    if len(files) > 2 or (len(files) == 1 and not (old or new)):
        raise Refused(
            "比较需要两个结果包，或一个结果包加 --before 或 --after 制度",
            do="例如 hengjian compare 结果.hjb --before before --after seed --seat 编号",
            code="compare.sides",
        )
    bundles = [read_bundle(file) for file in files]
    first, last = bundles[0], bundles[-1]
    synthetic = any(bundle.snapshot.cycle.synthetic for bundle in bundles)
    return (first.snapshot, _policy(old, first)), (last.snapshot, _policy(new, last)), synthetic


def _policy(name: str, bundle: Bundle) -> Policy:
    on = bundle.snapshot.cycle.on
    return load(shipped().get(name, Path(name))).in_force(on) if name else bundle.policy.in_force(on)


class Names:
    """What the two sides and their grades are called."""

    def __init__(self, before: Named, after: Named) -> None:
        (first, old), (last, new) = before, after
        if old.title != new.title:
            self.before, self.after = t(old.title, old.title_en), t(new.title, new.title_en)
        else:
            self.before, self.after = first.cycle.title, last.cycle.title
        self._grades = tuple({held.code: t(held.name, held.name_en) for held in p.grades} for p in (old, new))

    def grades(self, before: str | None, after: str | None) -> tuple[str, str]:
        """The names of the proposed grades, each as its own policy calls it."""
        first, last = (
            "—" if code is None else names.get(code, code)
            for code, names in zip((before, after), self._grades, strict=True)
        )
        return first, last


def show_one(found: Comparison, names: Names) -> None:
    """A seat's difference and each cause's share of it."""
    console = Screen(width=108, highlight=False)
    head = Table(box=box.SIMPLE_HEAD, title=t(f"任职 {found.seat}", f"Seat {found.seat}"))
    for name in (" ", t("总分", "total"), t("名次", "rank"), t("等次建议", "grade")):
        head.add_column(name, justify="left" if name == " " else "right")
    old, new = names.grades(found.before_grade, found.after_grade)
    sides = (
        (t("先前：", "before: ") + names.before, found.before_total, found.before_rank, found.before_of, old),
        (t("后来：", "after: ") + names.after, found.after_total, found.after_rank, found.after_of, new),
    )
    for name, total, rank, of, grade in sides:
        head.add_row(name, shown(total), _rank(rank, of), grade)
    console.print(head)
    if found.points is None:
        say("一方没有总分，不能分解", "one side has no total: nothing to take apart")
        return
    console.print(_shares(found))
    say(
        "按沙普利值分摊：每个原因的影响在所有先后次序上取平均，合计正好等于全部差别。",
        "Shapley shares: each cause's effect averaged over all orders; they sum exactly.",
    )
    if any(share.cause == GROUPING for share in found.shares):
        say(
            "“可比组”既改名次，也改分数：有的指标在可比组内折算，换了组就换了比较的对象；等次界限和名额也算在内。",
            "Comparable groups move points too, not only ranks: some indicators are normalised inside "
            "the group. Limits and quotas of grades count here as well.",
        )


def _shares(found: Comparison) -> Table:
    table = Table(box=box.SIMPLE_HEAD)
    table.add_column(t("原因", "cause"))
    table.add_column(t("分数", "points"), justify="right")
    table.add_column("")
    table.add_column(t("名次上升", "places up"), justify="right")
    largest = max((abs(share.points) for share in found.shares), default=0)
    for share in found.shares:
        table.add_row(
            t(share.name, ENGLISH[share.cause]),
            f"{float(share.points):+.6f}",
            bar(share, float(largest)),
            f"{float(share.places):+.2f}",
        )
    table.add_section()
    places = "—" if found.places is None else f"{float(found.places):+.2f}"
    table.add_row(t("合计", "sum"), f"{float(found.points or 0):+.6f}", "", places, style="bold")
    return table


def bar(share: Share, largest: float) -> str:
    """A bar to the left for what took points, to the right for what gave them."""
    length = round(abs(float(share.points)) / largest * WIDTH) if largest else 0
    if share.points < 0:
        return f"{'█' * length:>{WIDTH}}│{'':{WIDTH}}"
    return f"{'':{WIDTH}}│{'█' * length:<{WIDTH}}"


def _rank(rank: int | None, of: int) -> str:
    return "—" if rank is None else f"{rank}/{of}"


def show_all(found: Sequence[Change], names: Names, *, everybody: bool) -> None:
    """Whose rank or grade changes."""
    say(f"先前：{names.before}\n后来：{names.after}", f"before: {names.before}\nafter: {names.after}")
    moved = [change for change in found if change.moved]
    table = Table(box=box.SIMPLE_HEAD)
    for name in (
        t("任职", "seat"), t("先前总分", "before"), t("后来总分", "after"), t("先前名次", "rank before"),
        t("后来名次", "rank after"), t("先前等次", "grade before"), t("后来等次", "grade after"),
    ):  # fmt: skip
        table.add_column(name, justify="left" if name == t("任职", "seat") else "right")
    for change in found if everybody else moved:
        old, new = names.grades(change.before_grade, change.after_grade)
        table.add_row(
            change.seat,
            shown(change.before_total),
            shown(change.after_total),
            _rank(change.before_rank, change.before_of),
            _rank(change.after_rank, change.after_of),
            old,
            new,
        )
    Screen(width=108, highlight=False).print(table)
    say(
        f"{len(found)} 个任职中，{len(moved)} 个的名次或等次建议有变化",
        f"rank or proposed grade changes for {len(moved)} of {len(found)} seats",
        bold=True,
    )
