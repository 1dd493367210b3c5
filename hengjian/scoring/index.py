"""Composite indices: units instead of seats, a tree of nodes instead of a card."""

from collections.abc import Mapping, Sequence
from typing import Protocol

import numpy as np

from hengjian.policy.model import Index, Indicator
from hengjian.scoring.engine.cells import Cells, Result
from hengjian.scoring.engine.plan import Node, Plan
from hengjian.scoring.engine.scoring import Engine, score
from hengjian.scoring.facts import Floats, numbered
from hengjian.scoring.plan import leaf_of
from hengjian.terms.errors import PolicyError, Refused

FINEST = 0.000001


class IndexPolicy(Protocol):
    """What an index asks of a policy.

    Clause: SPEC A9
    """

    @property
    def indicators(self) -> Mapping[str, Indicator]:
        """The library."""

    @property
    def indices(self) -> Mapping[str, Index]:
        """The composite indices."""


def score_index(
    policy: IndexPolicy,
    code: str,
    table: Mapping[str, Floats],
    *,
    groups: Mapping[str, Sequence[str]] | None = None,
    engine: Engine = "reference",
) -> Result:
    """Score the units of a table by a composite index of a policy.

    Clause: SPEC A9
    Shapes: table, a (n,) column for each metric, NaN for a gap; groups, n labels for each name.
    Returns: every stage, every node's values and ranks.
    Raises: PolicyError for an unknown index or indicator; Refused for a missing column.
    """
    if code not in policy.indices:
        raise PolicyError(f"制度中没有指数 {code}", do="请在 index/ 中定义", code="policy.no_index")
    plan = index_plan(policy.indicators, policy.indices[code])
    return score(plan, _cells(policy, plan, table, groups or {}), engine)


def index_plan(indicators: Mapping[str, Indicator], index: Index) -> Plan:
    """The plan of a composite index: its nodes bottom-up, its leaves in the order of their use.

    Clause: SPEC A9
    Raises: PolicyError when a child is neither an indicator nor a node.
    """
    inner = {node.code for node in index.nodes}
    used = dict.fromkeys(c for node in index.nodes for c, _ in node.children if c not in inner)
    unknown = [child for child in used if child not in indicators]
    if unknown:
        raise PolicyError(
            f"指数用到了没有定义的指标：{'、'.join(unknown)}", do="请先定义", code="policy.index_child"
        )
    nodes = tuple(
        Node(
            node.code,
            tuple(child for child, _ in node.children),
            tuple(weight for _, weight in node.children),
            mean=node.mean,
            power=node.power,
            minimum=node.minimum_present,
        )
        for node in index.nodes
    )
    return Plan(
        leaves=tuple(leaf_of(indicators[child], index=True) for child in used),
        nodes=nodes,
        step=max(FINEST, index.step or FINEST),
        ranked=tuple(node.code for node in nodes),
    )


def _cells(
    policy: IndexPolicy,
    plan: Plan,
    table: Mapping[str, Floats],
    groups: Mapping[str, Sequence[str]],
) -> Cells:
    library = [policy.indicators[leaf.code] for leaf in plan.leaves]
    columns = {}
    for held in library:
        if "denominate" in held.steps:
            options = held.steps["denominate"].options
            factor = float(options.get("factor", 1.0))  # type: ignore[arg-type]
            columns[f"denominator:{held.code}"] = _column(table, str(options["by"])) * factor
        if held.normalisation.method == "completion" and held.normalisation.options.get("target") is None:
            columns[f"target:{held.code}"] = _column(table, f"target:{held.source.metric}")
    values = np.column_stack([_column(table, held.source.metric or held.code) for held in library])
    labels = {}
    for name, labelled in groups.items():
        _, number = numbered(labelled)
        labels[name] = np.array([number[label] for label in labelled], dtype=np.int64)
    return Cells(np.asfortranarray(values), groups=labels, columns=columns)


def _column(table: Mapping[str, Floats], name: str) -> Floats:
    if name not in table:
        raise Refused(f"数据表没有列 {name}", do="请补上这一列", code="index.column")
    return np.asarray(table[name], dtype=np.float64)
