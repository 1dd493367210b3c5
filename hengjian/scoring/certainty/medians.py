"""How sure the median of several totals is."""

import numpy as np

from hengjian.scoring.certainty.draws import BLOCK, block_of, ready_of, totals_of
from hengjian.scoring.certainty.scores import Scores


def median_interval(
    scores: Scores, *, draws: int, seed: int, level: float = 0.90
) -> tuple[float, float] | None:
    """Least and most of the median of these officials' totals; None without any total.

    Clause: SPEC D2, NORMS L20
    Each official errs alone, the weights of a card move for all who have it. What raters have in common
    is not in it: the interval says nothing of that.
    """
    ready = ready_of(scores)
    if not ready.rows.size:
        return None
    found = []
    for at, own in enumerate(np.random.SeedSequence(seed).spawn(-(-draws // BLOCK))):
        weights, normal = block_of(ready, own, min(BLOCK, draws - at * BLOCK))
        found.append(np.median(totals_of(ready, weights, normal), axis=0))
    tail = (1.0 - level) / 2.0
    least, most = np.quantile(np.concatenate(found), [tail, 1.0 - tail])
    return float(least), float(most)
