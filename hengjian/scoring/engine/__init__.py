"""The engine: one pure function on arrays, ``score(plan, cells) -> levels, ranks, workings``.

No Django, no network, no clock, no randomness. ``reference`` (NumPy) is the judge; ``kernel``
(Numba, optional) must give the same quantised results.
"""

from hengjian.scoring.engine.cells import STATES, Cells, Result, Stages
from hengjian.scoring.engine.hashing import result_hash
from hengjian.scoring.engine.plan import Impute, Leaf, Node, Normalise, Plan, Treat
from hengjian.scoring.engine.ranks import merge_ranks, rank_histogram
from hengjian.scoring.engine.scoring import rank_keys, score, with_ranks
from hengjian.scoring.engine.statistics import gather, merge

__all__ = [
    "STATES",
    "Cells",
    "Impute",
    "Leaf",
    "Node",
    "Normalise",
    "Plan",
    "Result",
    "Stages",
    "Treat",
    "gather",
    "merge",
    "merge_ranks",
    "rank_histogram",
    "rank_keys",
    "result_hash",
    "score",
    "with_ranks",
]
