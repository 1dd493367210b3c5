"""The tree of workings as the page shows it: labels and inputs in the reader's language."""

from dataclasses import dataclass

from hengjian.console import words
from hengjian.scoring.sheet import LineScore, Working
from hengjian.terms.errors import Refused
from hengjian.terms.numbers import shown

RECORDS_SHOWN = 20


@dataclass(frozen=True)
class StepView:
    """One step, ready to be shown; ``open`` unfolds it."""

    label: str
    result: str
    unit: str
    rule: str
    clause: str
    inputs: tuple[tuple[str, str], ...]
    records: tuple[str, ...]
    more_records: int
    children: tuple["StepView", ...]
    open: bool


def view(working: Working, *, unfolded: int = 1) -> StepView:
    """A step and all below it; the first ``unfolded`` layers stand open."""
    return StepView(
        label=words.step(working.key, working.label),
        result=shown(working.result),
        unit=words.word("unit", working.unit),
        rule=working.rule,
        clause=working.clause,
        inputs=tuple((words.word("input", name), amount(value)) for name, value in working.inputs.items()),
        records=working.records[:RECORDS_SHOWN],
        more_records=max(0, len(working.records) - RECORDS_SHOWN),
        children=tuple(view(child, unfolded=unfolded - 1) for child in working.children),
        open=unfolded > 0,
    )


def amount(value: float | str | None) -> str:
    """An input as it is read: figures without needless zeros."""
    if isinstance(value, int | float) and not isinstance(value, bool):
        return f"{value:,.6f}".rstrip("0").rstrip(".")
    return "—" if value is None else str(value)


def at(tree: Working, path: str) -> Working:
    """The step at a path such as ``0.2.1``; Refused when there is none."""
    here = tree
    for place in filter(None, path.split(".")):
        if not place.isdigit() or int(place) >= len(here.children):
            raise Refused("没有这一步计算", where=path, do="请从得分表重新点开", code="console.no_step")
        here = here.children[int(place)]
    return here


def stands_on(tree: Working, digest: str) -> bool:
    """Whether any step of the tree read this record."""
    return digest in tree.records or any(stands_on(child, digest) for child in tree.children)


def paths(tree: Working, lines: tuple[LineScore, ...]) -> dict[str, str]:
    """Where in the tree each indicator's own step stands."""
    wanted = {line.indicator for line in lines}
    found: dict[str, str] = {}

    def walk(step: Working, path: str) -> None:
        code = step.inputs.get("indicator")
        if isinstance(code, str) and code in wanted:
            found.setdefault(code, path)
            return
        for n, child in enumerate(step.children):
            walk(child, f"{path}.{n}" if path else str(n))

    walk(tree, "")
    return found
