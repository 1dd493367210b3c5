"""Ranks by the kernel: one sort of integers, then each unit looks itself up inside its group."""

import numpy as np
from numpy.typing import NDArray

from hengjian.scoring.engine.kernel import ONE_AT_A_TIME
from hengjian.scoring.engine.rank_loops import fold, hand_out, number, place
from hengjian.scoring.engine.ranks import UNIT, competition_ranks, keys_of

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


def ranks_of(values: Floats, group: Ints, step: float) -> Ints:
    """Competition ranks inside groups, as :func:`ranks.competition_ranks` gives them.

    Clause: SPEC A3
    Shapes: values, group (n,); returns (n,), 0 for a unit without a value.
    """
    if not values.size:
        return np.zeros(0, dtype=np.int64)
    width = round(step * UNIT)
    some = not bool(np.all(np.isnan(values)))
    best, worst = (float(np.nanmax(values)), float(np.nanmin(values))) if some else (2e9, 0.0)
    if max(abs(best), abs(worst)) > 1e9:
        return competition_ranks(keys_of(values, step), group)
    top = int(keys_of(np.array([best]), step)[0])
    shift = max(1, (top - int(keys_of(np.array([worst]), step)[0])).bit_length())
    groups = int(group.max()) + 1
    if shift + groups.bit_length() > 62:
        return competition_ranks(keys_of(values, step), group)
    with ONE_AT_A_TIME:
        folded = fold(values, group, width, top, shift)
        bits = int(values.size).bit_length()
        if shift + groups.bit_length() + bits <= 62:
            number(folded, bits)
            folded.sort()
            handed: Ints = hand_out(folded, bits, shift)
            return handed
        in_order = np.sort(folded)
        starts = np.searchsorted(in_order, np.arange(groups + 1, dtype=np.int64) << shift)
        found: Ints = place(folded, group, in_order, starts)
    return found
