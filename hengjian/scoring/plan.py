"""From policy to engine: an indicator becomes a leaf, a card a row of weights, an index a tree."""

from collections.abc import Mapping, Sequence
from typing import Any, Literal

from hengjian.policy.model import Indicator, Normalisation, Step
from hengjian.scoring.engine.plan import Impute, Leaf, Node, Normalise, Plan, Treat
from hengjian.scoring.facts import Floats

GROUP = "group"
TOTAL = "total"
ADJUSTMENT = "adjustment"
_PASSED = ("floor", "cap", "low", "high", "ln", "target", "mean", "spread", "raw")


def leaf_of(indicator: Indicator, *, index: bool = False) -> Leaf:
    """The engine's view of an indicator: steps, direction, normalisation, rule for gaps.

    Clause: SPEC A1, SPEC A9
    A completion without a declared target reads the target of each record.
    """
    steps = indicator.steps
    denominate = steps.get("denominate")
    return Leaf(
        code=indicator.code,
        direction=indicator.direction,
        denominator=f"denominator:{indicator.code}" if denominate else "",
        impute=_impute(steps.get("impute")),
        treat=_treat(steps.get("treat")),
        normalise=normalise_of(indicator.code, indicator.normalisation, index=index),
        missing=_missing(indicator, index=index),
        neutral=indicator.neutral,
        constant=_optional(indicator.normalisation.options.get("constant")),
    )


def _missing(indicator: Indicator, *, index: bool) -> Literal["reweight", "fail", "neutral"]:
    """Seats are carried forward and refused by name outside the engine; an index is not."""
    if indicator.missing == "neutral":
        return "neutral"
    return "fail" if index and indicator.missing == "fail" else "reweight"


def normalise_of(code: str, rule: Normalisation, *, index: bool = False) -> Normalise:
    """The engine's normalisation for a rule of the policy.

    Clause: SPEC A9
    """
    options: dict[str, Any] = {k: rule.options[k] for k in _PASSED if rule.options.get(k) is not None}
    if "scale" in rule.options:
        scale: Any = rule.options["scale"]
        options["scale"] = (float(scale[0]), float(scale[1]))
    if rule.options.get("bands"):
        bands: Any = rule.options["bands"]
        options["bands"] = tuple((float(value), float(points)) for value, points in bands)
    if rule.method == "completion" and "target" not in options:
        options["target_column"] = f"target:{code}"
    within = GROUP if rule.within_group and not index else ""
    return Normalise(method=rule.method, within=within, **options)  # type: ignore[arg-type]


def _optional(value: object) -> float | None:
    return None if value is None else float(value)  # type: ignore[arg-type]


def _given(step: Step, keys: Sequence[str]) -> dict[str, Any]:
    return {key: step.options[key] for key in keys if step.options.get(key) is not None}


def _impute(step: Step | None) -> Impute:
    if step is None:
        return Impute()
    return Impute(method=step.method, **_given(step, ("value", "within")))  # type: ignore[arg-type]


def _treat(step: Step | None) -> Treat:
    if step is None:
        return Treat()
    keys = ("skew", "kurtosis", "points", "then_ln", "low", "high", "shift", "within")
    return Treat(method=step.method, **_given(step, keys))  # type: ignore[arg-type]


def points_plan(indicators: Sequence[Indicator], cards: Floats) -> Plan:
    """First pass: every indicator's values become points from 0 to 100.

    Clause: SPEC A9
    Shapes: cards (cards, indicators), percent.
    """
    leaves = tuple(leaf_of(indicator) for indicator in indicators)
    return Plan(leaves=leaves, nodes=(Node(TOTAL, tuple(leaf.code for leaf in leaves)),), cards=cards)


def total_plan(codes: Sequence[str], parts: Mapping[str, Sequence[str]], cards: Floats, step: float) -> Plan:
    """Second pass: points become parts and a total, and the adjustments are added.

    Clause: SPEC A2, SPEC A3
    The total is the mean over the leaves, not over the parts: a missing indicator's weight is
    spread over all others.
    """
    leaves = tuple(Leaf(code) for code in codes)
    nodes = tuple(Node(part_node(part), tuple(held)) for part, held in parts.items())
    total = Node(TOTAL, tuple(codes), adjust=ADJUSTMENT)
    return Plan(leaves, (*nodes, total), cards=cards, rank_within=GROUP, step=step, ranked=(TOTAL,))


def part_node(part: str) -> str:
    """The engine's name for a part of the card.

    Clause: SPEC A2
    """
    return f"part:{part}"
