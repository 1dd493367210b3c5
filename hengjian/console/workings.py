"""The tree of workings as the page shows it: labels, rules and inputs in the reader's language."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from hengjian.console import words
from hengjian.console.core_words import in_words
from hengjian.cycles.shapes import SheetLine
from hengjian.scoring.sheet import Working
from hengjian.terms.errors import Refused
from hengjian.terms.numbers import shown

RECORDS_SHOWN = 20
HIDDEN = {"method", "direction"}  # the rule says it in words
FINE = {"cost.factor", "cost.project"}

Amount = float | str | None


@dataclass(frozen=True)
class Grid:
    """Inputs that repeat for several things (``weight.x``, ``scored.x``): one row a thing."""

    head: tuple[str, ...]
    rows: tuple[tuple[str, tuple[str, ...]], ...]


@dataclass(frozen=True)
class StepView:
    """One step, ready to be shown; ``open`` unfolds it."""

    label: str
    result: str
    unit: str
    rule: str
    clause: str
    inputs: tuple[tuple[str, str], ...]
    grid: Grid | None
    records: tuple[str, ...]
    more_records: int
    children: tuple["StepView", ...]
    open: bool


@dataclass(frozen=True)
class Reader:
    """For whom a tree is written: names of codes, and whether single marks may be seen.

    An official who reads the own sheet sees means and counts, not how many gave which mark.
    """

    names: Mapping[str, str]
    marks: bool

    def view(self, working: Working, *, unfolded: int = 1) -> StepView:
        """A step and all below it; the first ``unfolded`` layers stand open."""
        inputs = {
            k: v
            for k, v in working.inputs.items()
            if k not in HIDDEN and (self.marks or not k.startswith("marks."))
        }
        return StepView(
            label=words.step(working.key, self.names.get(working.label) or self._said(working.label)),
            result=shown(working.result, "0.0001" if working.key in FINE else "0.01"),
            unit=self.names.get(working.unit) or words.word("unit", working.unit),
            rule=self._said(working.rule),
            clause=working.clause,
            inputs=tuple(
                (words.word("input", name), self._amount(value))
                for name, value in inputs.items()
                if "." not in name
            ),
            grid=self._grid(inputs),
            records=working.records[:RECORDS_SHOWN],
            more_records=max(0, len(working.records) - RECORDS_SHOWN),
            children=tuple(self.view(child, unfolded=unfolded - 1) for child in working.children),
            open=unfolded > 0,
        )

    def _said(self, text: str) -> str:
        return in_words(text, self.names)

    def _grid(self, inputs: Mapping[str, Amount]) -> Grid | None:
        cells = {tuple(name.split(".", 1)): value for name, value in inputs.items() if "." in name}
        if not cells:
            return None
        heads = list(dict.fromkeys(kind for kind, _code in cells))
        codes = list(dict.fromkeys(code for _kind, code in cells))
        return Grid(
            head=tuple(words.word("input", kind) for kind in heads),
            rows=tuple(
                (self._name(code), tuple(self._amount(cells.get((kind, code))) for kind in heads))
                for code in codes
            ),
        )

    def _name(self, code: str) -> str:
        return self.names.get(code) or words.word("measure", code)

    def _amount(self, value: Amount) -> str:
        if isinstance(value, int | float):
            return f"{value:,.6f}".rstrip("0").rstrip(".")
        return "—" if value is None else words.word("answer", value)


def at(tree: Working, path: str) -> Working:
    """The step at a path such as ``0.2.1``; Refused when there is none."""
    here = tree
    for place in filter(None, path.split(".")):
        if not (place.isascii() and place.isdigit()) or int(place) >= len(here.children):
            raise Refused("没有这一步计算", where=path, do="请从得分表重新点开", code="console.no_step")
        here = here.children[int(place)]
    return here


def stands_on(tree: Working, digest: str) -> bool:
    """Whether any step of the tree read this record."""
    return digest in tree.records or any(stands_on(child, digest) for child in tree.children)


def paths(tree: Working, lines: Iterable[SheetLine]) -> dict[str, str]:
    """Where in the tree each line's own step stands: a line's label is its indicator's name."""
    codes = {line.indicator.name: line.score.indicator for line in lines}
    return {
        codes[step.label]: f"{p}.{n}"
        for p, part in enumerate(tree.children)
        for n, step in enumerate(part.children)
        if step.key == "line.points" and step.label in codes
    }
