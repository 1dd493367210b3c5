"""The kernel's loops: Numba, blocks of units, one pass over the cells. Threads share out units only.

Every figure is computed by the same operations in the same order as in the reference engine; no
fast-math, so the bits do not depend on the number of threads or the width of vectors.
"""

import math

import numpy as np
from numba import njit, prange

from hengjian.scoring.engine.elementary import (
    FACTORIAL,
    LARGEST,
    LN2_HIGH,
    LN2_LOW,
    ODD,
    ROOT_HALF,
    SMALLEST,
)

BLOCK = 512
ODD_TERMS = np.array(ODD)
FACTORIAL_TERMS = np.array(FACTORIAL)
LN2 = LN2_HIGH + LN2_LOW
FAST = {"cache": True, "nogil": True, "error_model": "numpy"}


@njit(**FAST)
def ln_one(value):  # noqa: ANN001, ANN201 - Numba infers the types
    """Natural logarithm of one value, bit for bit as :func:`elementary.ln`."""
    if value == 0.0:
        return -np.inf
    if not value > 0.0:
        return np.nan
    if value == np.inf:
        return np.inf
    part, power = math.frexp(value)
    k = float(power)
    if part < ROOT_HALF:
        part += part
        k -= 1.0
    s = (part - 1.0) / (part + 1.0)
    z = s * s
    tail = ODD_TERMS[0]
    for at in range(1, 12):
        tail = tail * z + ODD_TERMS[at]
    return k * LN2_HIGH + (k * LN2_LOW + 2.0 * s * z * tail + 2.0 * s)


@njit(**FAST)
def exp_one(value):  # noqa: ANN001, ANN201
    """Exponential of one value, bit for bit as :func:`elementary.exp`."""
    if value != value:
        return np.nan
    if value < SMALLEST:
        return 0.0
    if value > LARGEST:
        return np.inf
    k = np.rint(value / LN2)
    r = (value - k * LN2_HIGH) - k * LN2_LOW
    tail = FACTORIAL_TERMS[0]
    for at in range(1, 12):
        tail = tail * r + FACTORIAL_TERMS[at]
    return math.ldexp(1.0 + (r + r * r * tail), int(k))


@njit(**FAST)
def observe(at, start, values, state, facts, steps):  # noqa: ANN001, ANN201
    """Load a block of one indicator; 1 when a value is infinite."""
    bad = 0
    for i in range(values.size):
        value = facts.values[start + i, at]
        values[i] = value
        bad |= value - value != 0.0 and value == value
    if steps.watched[at]:
        state[:] = 0
        if steps.carry[at]:
            for i in range(values.size):
                held = facts.carried[start + i, at]
                if values[i] != values[i] and held == held:
                    values[i] = held
                    state[i] = 2
    if steps.denominator[at] >= 0:
        column = facts.columns[steps.denominator[at]]
        for i in range(values.size):
            values[i] = values[i] / column[start + i]
    if steps.watched[at]:
        mask(at, start, values, state, facts)
    return bad


@njit(**FAST)
def mask(at, start, values, state, facts):  # noqa: ANN001, ANN201
    """Mark what is missing, does not apply, or is not on the unit's card."""
    some, cards = facts.applicable.size > 0, facts.cards.size > 0
    for i in range(values.size):
        if some and not facts.applicable[start + i, at]:
            state[i] = 5
            values[i] = np.nan
        if cards and facts.cards[facts.card[start + i], at] == 0.0:
            state[i] = 6
            values[i] = np.nan
        if values[i] != values[i] and state[i] <= 2:
            state[i] = 4


@njit(**FAST)
def impute(at, start, values, state, facts, steps, figures):  # noqa: ANN001, ANN201, PLR0917, PLR0913
    """Fill gaps with the figure of the unit's group."""
    grouping, base = steps.fill_group[at], steps.fill_start[at]
    for i in range(values.size):
        if state[i] == 4:
            place = base + (facts.groups[grouping, start + i] if grouping >= 0 else 0)
            values[i] = figures.fill[place]
            if values[i] == values[i]:
                state[i] = 1


@njit(**FAST)
def treat(at, start, values, facts, steps, figures):  # noqa: ANN001, ANN201, PLR0917
    """Clip, then take the logarithm where it is declared; 1 for a value that has none."""
    grouping, base = steps.treat_group[at], steps.treat_start[at]
    bad = 0
    for i in range(values.size):
        place = base + (facts.groups[grouping, start + i] if grouping >= 0 else 0)
        value = clip(values[i], figures.low[place], figures.high[place])
        shift = figures.shift[place]
        if shift == shift:
            value += shift
            bad |= value <= 0.0
            value = ln_one(value)
        values[i] = value
    return bad


@njit(**FAST)
def clip(value, low, high):  # noqa: ANN001, ANN201
    """A value inside its limits; NaN stays NaN."""
    value = low if value < low else value
    return high if value > high else value


@njit(**FAST)
def normalise(at, start, values, facts, steps, figures):  # noqa: ANN001, ANN201, PLR0917
    """Values to points; 1 for a value that has no logarithm."""
    bad = 0
    if steps.kind[at] > 0:
        look_up(at, start, values, facts, steps, figures)
    else:
        bad = prepare(at, start, values, facts, steps, figures)
        grouping, base = steps.group[at], steps.line_start[at]
        if grouping < 0:
            centre, slope = figures.centre[base], figures.slope[base]
            intercept = figures.intercept[base]
            for i in range(values.size):
                values[i] = (values[i] - centre) * slope + intercept
        else:
            for i in range(values.size):
                place = base + facts.groups[grouping, start + i]
                moved = (values[i] - figures.centre[place]) * figures.slope[place]
                values[i] = moved + figures.intercept[place]
    floor, cap = figures.floor[at], figures.cap[at]
    if floor > -np.inf or cap < np.inf:
        for i in range(values.size):
            values[i] = clip(values[i], floor, cap)
    return bad


@njit(**FAST)
def prepare(at, start, values, facts, steps, figures):  # noqa: ANN001, ANN201, PLR0917
    """Divide by the target, keep between the goalposts, take the logarithm, as declared."""
    bad = 0
    if steps.target[at] >= 0:
        column = facts.columns[steps.target[at]]
        for i in range(values.size):
            values[i] = values[i] / column[start + i]
    if steps.clips[at]:
        low, high = figures.ends[at, 0], figures.ends[at, 1]
        for i in range(values.size):
            values[i] = clip(values[i], low, high)
    if steps.logs[at]:
        for i in range(values.size):
            bad |= values[i] <= 0.0
            values[i] = ln_one(values[i])
    return bad


@njit(**FAST)
def look_up(at, start, values, facts, steps, figures):  # noqa: ANN001, ANN201, PLR0917
    """Points from the table of the unit's group."""
    grouping, base = steps.group[at], steps.table_start[at]
    for i in range(values.size):
        place = base + (facts.groups[grouping, start + i] if grouping >= 0 else 0)
        first, last = figures.starts[place], figures.starts[place + 1]
        if values[i] == values[i] and last > first:
            if steps.kind[at] == 1:
                knot = place_of(values[i], figures.knots, first, last)
                values[i] = figures.points[max(knot, first)]
            else:
                values[i] = joined(values[i], figures, first, last)
        else:
            values[i] = np.nan


@njit(**FAST)
def place_of(value, knots, first, last):  # noqa: ANN001, ANN201
    """Position of the last knot that is not above the value; first - 1 when all are."""
    low, high = first, last
    while low < high:
        middle = (low + high) // 2
        if knots[middle] <= value:
            low = middle + 1
        else:
            high = middle
    return low - 1


@njit(**FAST)
def joined(value, figures, first, last):  # noqa: ANN001, ANN201
    """Points on the line between two knots."""
    left = min(max(place_of(value, figures.knots, first, last), first), last - 2)
    inside = clip(value, figures.knots[first], figures.knots[last - 1])
    share = (inside - figures.knots[left]) / (figures.knots[left + 1] - figures.knots[left])
    return figures.points[left] + share * (figures.points[left + 1] - figures.points[left])


@njit(**FAST)
def finish(at, start, values, state, facts, steps, figures):  # noqa: ANN001, ANN201, PLR0917, PLR0913
    """Neutral points and factors; 1 for a gap where none is allowed."""
    bad = 0
    if steps.watched[at]:
        neutral = figures.neutral[at]
        for i in range(values.size):
            if values[i] != values[i] and state[i] < 3:
                state[i] = 4
            if state[i] == 4:
                bad |= steps.fails[at]
                if neutral == neutral:
                    values[i] = neutral
                    state[i] = 3
    if steps.factor[at] >= 0:
        column = facts.columns[steps.factor[at]]
        for i in range(values.size):
            values[i] = values[i] * column[start + i]
    return bad


@njit(**FAST)
def leaf_block(at, start, values, state, facts, steps, figures, kept):  # noqa: ANN001, ANN201, PLR0917, PLR0913
    """All stages of one indicator for a block of units."""
    keep = kept.shape[0] > 0
    end = start + values.size
    bad = observe(at, start, values, state, facts, steps)
    if keep:
        kept[0, at, start:end] = values
    if steps.imputes[at]:
        impute(at, start, values, state, facts, steps, figures)
    if keep:
        kept[1, at, start:end] = values
    if steps.treats[at]:
        bad |= treat(at, start, values, facts, steps, figures)
    if keep:
        kept[2, at, start:end] = values
    bad |= normalise(at, start, values, facts, steps, figures)
    if keep:
        kept[3, at, start:end] = values
    bad |= finish(at, start, values, state, facts, steps, figures)
    if keep:
        kept[4, at, start:end] = values
    return bad


@njit(**FAST)
def raised(power, value):  # noqa: ANN001, ANN201
    """A child's value as the mean adds it."""
    if power == 0.0:
        return ln_one(value)
    if power == -1.0:
        return 1.0 / value
    return exp_one(power * ln_one(value))


@njit(**FAST)
def lowered(power, value):  # noqa: ANN001, ANN201
    """The mean from the mean of the raised values."""
    if power == 0.0:
        return exp_one(value)
    if power == -1.0:
        return 1.0 / value
    return exp_one(ln_one(value) / power)


@njit(**FAST)
def add_plain(values, weight, total, whole):  # noqa: ANN001, ANN201
    """Add one child to an arithmetic mean: the loop that most plans spend their time in."""
    for i in range(values.size):
        value = values[i]
        known = value == value
        total[i] += weight * value if known else 0.0
        whole[i] += weight if known else 0.0


@njit(**FAST)
def add_carded(values, weights, card, step, total, whole):  # noqa: ANN001, ANN201, PLR0917
    """Add one child whose weight stands on each unit's card."""
    for i in range(values.size):
        value, weight = values[i], weights[card[i] * step]
        known = value == value and weight > 0.0
        total[i] += weight * value if known else 0.0
        whole[i] += weight if known else 0.0


@njit(**FAST)
def add_raised(power, values, weights, card, step, total, whole):  # noqa: ANN001, ANN201, PLR0917, PLR0913
    """Add one child to another mean; 1 for a negative value."""
    bad = 0
    for i in range(values.size):
        weight = weights[card[i] * step] if step > 0 else weights[0]
        if values[i] == values[i] and weight > 0.0:
            bad |= values[i] < 0.0
            total[i] += weight * raised(power, values[i])
            whole[i] += weight
    return bad


@njit(**FAST)
def node_block(at, start, leaves, held, sums, card, tree):  # noqa: ANN001, ANN201, PLR0917, PLR0913
    """One node for a block of units; 1 for a negative value under a mean that has no room for it."""
    total, whole = sums[0], sums[1]
    total[:] = 0.0
    whole[:] = 0.0
    first, last = tree.child_start[at], tree.child_start[at + 1]
    step = (last - first) * tree.by_card[at]
    power = tree.power[at]
    bad = 0
    for child in range(first, last):
        values = held[tree.child[child]]
        weights = tree.weight[tree.weight_start[at] + child - first :]
        if power != 1.0:
            bad |= add_raised(power, values, weights, card, step, total, whole)
        elif step > 0:
            add_carded(values, weights, card, step, total, whole)
        elif weights[0] > 0.0:
            add_plain(values, weights[0], total, whole)
    level = held[leaves + at]
    for i in range(level.size):
        level[i] = total[i] / whole[i] if whole[i] > 0.0 else np.nan
    if power != 1.0:
        for i in range(level.size):
            level[i] = lowered(power, level[i])
    return bad


@njit(**FAST)
def enough(at, start, leaves, held, sums, applies, card, facts, tree):  # noqa: ANN001, ANN201, PLR0917, PLR0913
    """Withdraw the node where less than its least share of the weight is present."""
    first, last = tree.child_start[at], tree.child_start[at + 1]
    step = (last - first) * tree.by_card[at]
    level, own = held[leaves + at], applies[leaves + at]
    for i in range(level.size):
        whole, own[i] = 0.0, False
        for child in range(first, last):
            place = tree.child[child]
            here = applies[place, i]
            if place < leaves:
                here = facts.applicable.size == 0 or facts.applicable[start + i, place]
            own[i] |= here
            row = card[i] * step if step > 0 else 0
            weight = tree.weight[tree.weight_start[at] + row + child - first]
            whole += weight if here else 0.0
        if tree.minimum[at] > 0.0 and not sums[1, i] >= tree.minimum[at] * whole:
            level[i] = np.nan


@njit(**FAST)
def run_block(start, held, sums, applies, state, facts, steps, figures, tree, kept, states, levels):  # noqa: ANN001, ANN201, PLR0917, PLR0913
    """Score one block of units; 1 when something must be refused."""
    leaves, size = steps.kind.size, held.shape[1]
    bad = 0
    for at in range(leaves):
        bad |= leaf_block(at, start, held[at], state, facts, steps, figures, kept)
        if kept.shape[0] > 0:
            states[at, start : start + size] = state
    card = facts.card[start : start + size]
    for at in range(levels.shape[0]):
        bad |= node_block(at, start, leaves, held, sums, card, tree)
        if tree.tracked:
            enough(at, start, leaves, held, sums, applies, card, facts, tree)
        level = held[leaves + at]
        if tree.adjust[at] >= 0:
            column = facts.columns[tree.adjust[at]]
            for i in range(size):
                level[i] += column[start + i]
        levels[at, start : start + size] = level
    return bad


@njit(**FAST)
def run_part(first, last, facts, steps, figures, tree, kept, states, levels):  # noqa: ANN001, ANN201, PLR0917, PLR0913
    """Score units first to last, block by block."""
    rows = steps.kind.size + levels.shape[0]
    held = np.empty((rows, BLOCK))
    sums = np.empty((2, BLOCK))
    applies = np.zeros((rows, BLOCK), dtype=np.bool_)
    state = np.zeros(BLOCK, dtype=np.uint8)
    bad = 0
    for start in range(first, last, BLOCK):
        size = min(BLOCK, last - start)
        bad |= run_block(
            start, held[:, :size], sums[:, :size], applies[:, :size], state[:size],
            facts, steps, figures, tree, kept, states, levels,
        )  # fmt: skip
    return bad


@njit(parallel=True, **FAST)
def run_all(parts, facts, steps, figures, tree, kept, states, levels):  # noqa: ANN001, ANN201, PLR0917, PLR0913
    """Score all units, shared out among threads in runs of whole blocks."""
    bad = np.zeros(parts.size - 1, dtype=np.int64)
    for part in prange(parts.size - 1):
        bad[part] = run_part(
            parts[part], parts[part + 1], facts, steps, figures, tree, kept, states, levels
        )
    return bad
