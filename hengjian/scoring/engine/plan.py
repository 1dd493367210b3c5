"""What is to be computed, declared: leaves with their steps, nodes level by level, cards, groups."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from hengjian.scoring.engine.checking import check_plan, check_ranking
from hengjian.scoring.engine.parts import (
    MEANS,
    METHODS,
    RANKED,
    SPREAD,
    Floats,
    Impute,
    Leaf,
    Method,
    Node,
    Normalise,
    Treat,
    refuse,
)

__all__ = [
    "MEANS",
    "METHODS",
    "RANKED",
    "SPREAD",
    "Floats",
    "Impute",
    "Leaf",
    "Method",
    "Node",
    "Normalise",
    "Plan",
    "Treat",
    "refuse",
]


@dataclass(frozen=True)
class Plan:
    """Everything that does not depend on the units.

    Clause: SPEC A2, SPEC A9
    Shapes: cards (cards, leaves) or None. The last node is the total.
    ``rank_within``: the comparable group; ``step``: values equal at this step share a rank;
    ``ranked``: nodes to rank, the total when empty.
    """

    leaves: tuple[Leaf, ...]
    nodes: tuple[Node, ...]
    cards: Floats | None = None
    rank_within: str = ""
    step: float = 0.000001
    ranked: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        check_plan(self.leaves, self.nodes, self.cards)
        check_ranking(self.node_codes, self.step, self.ranked)

    @cached_property
    def leaf_codes(self) -> tuple[str, ...]:
        """Codes of the leaves, in order."""
        return tuple(leaf.code for leaf in self.leaves)

    @cached_property
    def node_codes(self) -> tuple[str, ...]:
        """Codes of the nodes, in order."""
        return tuple(node.code for node in self.nodes)

    @cached_property
    def places(self) -> Mapping[str, int]:
        """Where each code stands: leaves from 0, nodes after them."""
        return {code: at for at, code in enumerate(self.leaf_codes + self.node_codes)}

    @cached_property
    def weights(self) -> tuple[Floats, ...]:
        """For each node the weights of its children: (cards, children), or one row without cards."""
        found: list[Floats] = []
        for node in self.nodes:
            if node.weights:
                found.append(np.array([node.weights], dtype=np.float64))
            else:
                found.append(np.column_stack([self._card_weight(c) for c in node.children]))
        return tuple(found)

    def _card_weight(self, code: str) -> Floats:
        cards = np.empty((0, len(self.leaves))) if self.cards is None else self.cards
        total = np.zeros(cards.shape[0])
        for at in self.leaves_under(code):
            total = total + cards[:, at]
        return total

    def leaves_under(self, code: str) -> tuple[int, ...]:
        """Positions of the leaves below a code, each once, in order.

        Clause: SPEC A9
        """
        place = self.places[code]
        if place < len(self.leaves):
            return (place,)
        node = self.nodes[place - len(self.leaves)]
        return tuple(sorted({at for child in node.children for at in self.leaves_under(child)}))
