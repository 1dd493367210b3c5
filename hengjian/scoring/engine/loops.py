"""The kernel's loops: Numba, blocks of units, one pass over the cells. Threads share out units only.

Every figure is computed by the same operations in the same order as in the reference engine; no
fast-math, so the bits do not depend on the number of threads or the width of vectors.
"""

# ruff: noqa: ANN001, ANN201, PLR0124, PLR0913, PLR0917, PLR1702 - loops of Numba, which infers types
# mypy: disable-error-code="no-untyped-def,no-any-return,untyped-decorator,misc"

import numpy as np
from numba import njit, prange

from hengjian.scoring.engine.mean_loops import add_carded, add_plain, add_raised, add_two
from hengjian.scoring.engine.packing import Given
from hengjian.scoring.engine.scalar_loops import clip, joined, ln_one, loop, lowered, place_of

BLOCK = 1024


@loop
def infinite(values):
    """1 when a value is infinite."""
    bad = 0
    for value in values:
        bad |= abs(value) == np.inf
    return bad


@loop
def observe(at, start, values, state, given):
    """Load a block of one indicator; 1 when a value is infinite."""
    column = given.facts.values[at][start : start + values.size]
    for i in range(values.size):
        values[i] = column[i]
    bad = infinite(values)
    if given.steps.watched[at]:
        state[:] = 0
        if given.steps.carry[at]:
            for i in range(values.size):
                held = given.facts.carried[start + i, at]
                if values[i] != values[i] and held == held:
                    values[i] = held
                    state[i] = 2
    if given.steps.denominator[at] >= 0:
        divisor = given.facts.columns[given.steps.denominator[at]]
        for i in range(values.size):
            values[i] = values[i] / divisor[start + i]
    if given.steps.watched[at]:
        mask(at, start, values, state, given)
    return bad


@loop
def mask(at, start, values, state, given):
    """Mark what is missing, does not apply, or is not on the unit's card."""
    some, cards = given.facts.applicable.size > 0, given.facts.cards.size > 0
    for i in range(values.size):
        if some and not given.facts.applicable[start + i, at]:
            state[i] = 5
            values[i] = np.nan
        if cards and given.facts.cards[given.facts.card[start + i], at] == 0.0:
            state[i] = 6
            values[i] = np.nan
        if values[i] != values[i] and state[i] <= 2:
            state[i] = 4


@loop
def impute(at, start, values, state, given):
    """Fill gaps with the figure of the unit's group."""
    grouping, base = given.steps.fill_group[at], given.steps.fill_start[at]
    for i in range(values.size):
        if state[i] == 4:
            place = base + (given.facts.groups[grouping, start + i] if grouping >= 0 else 0)
            values[i] = given.figures.fill[place]
            if values[i] == values[i]:
                state[i] = 1


@loop
def treat(at, start, values, given):
    """Clip, then take the logarithm where it is declared; 1 for a value that has none."""
    grouping, base = given.steps.treat_group[at], given.steps.treat_start[at]
    bad = 0
    for i in range(values.size):
        place = base + (given.facts.groups[grouping, start + i] if grouping >= 0 else 0)
        value = clip(values[i], given.figures.low[place], given.figures.high[place])
        shift = given.figures.shift[place]
        if shift == shift:
            value += shift
            bad |= value <= 0.0
            value = ln_one(value)
        values[i] = value
    return bad


@loop
def clamp(values, floor, cap):
    """Keep points between the declared bounds, where there are any."""
    if floor > -np.inf or cap < np.inf:
        for i in range(values.size):
            values[i] = clip(values[i], floor, cap)


@loop
def normalise(at, start, values, given):
    """Values to points; 1 for a value that has no logarithm."""
    bad = 0
    if given.steps.kind[at] > 0:
        look_up(at, start, values, given)
    else:
        bad = prepare(at, start, values, given)
        grouping, base = given.steps.group[at], given.steps.line_start[at]
        if grouping < 0:
            centre, slope = given.figures.centre[base], given.figures.slope[base]
            intercept = given.figures.intercept[base]
            for i in range(values.size):
                values[i] = (values[i] - centre) * slope + intercept
        else:
            for i in range(values.size):
                place = base + given.facts.groups[grouping, start + i]
                moved = (values[i] - given.figures.centre[place]) * given.figures.slope[place]
                values[i] = moved + given.figures.intercept[place]
    clamp(values, given.figures.floor[at], given.figures.cap[at])
    return bad


@loop
def prepare(at, start, values, given):
    """Divide by the target, keep between the goalposts, take the logarithm, as declared."""
    bad = 0
    if given.steps.target[at] >= 0:
        column = given.facts.columns[given.steps.target[at]]
        for i in range(values.size):
            values[i] = values[i] / column[start + i]
    if given.steps.clips[at]:
        low, high = given.figures.ends[at, 0], given.figures.ends[at, 1]
        for i in range(values.size):
            values[i] = clip(values[i], low, high)
    if given.steps.logs[at]:
        for i in range(values.size):
            bad |= values[i] <= 0.0
            values[i] = ln_one(values[i])
    return bad


@loop
def look_up(at, start, values, given):
    """Points from the table of the unit's group."""
    grouping, base = given.steps.group[at], given.steps.table_start[at]
    for i in range(values.size):
        place = base + (given.facts.groups[grouping, start + i] if grouping >= 0 else 0)
        first, last = given.figures.starts[place], given.figures.starts[place + 1]
        if values[i] == values[i] and last > first:
            if given.steps.kind[at] == 1:
                knot = place_of(values[i], given.figures.knots, first, last)
                values[i] = given.figures.points[max(knot, first)]
            else:
                values[i] = joined(values[i], given.figures, first, last)
        else:
            values[i] = np.nan


@loop
def finish(at, start, values, state, given):
    """Neutral points and factors; 1 for a gap where none is allowed."""
    bad = 0
    if given.steps.watched[at]:
        neutral = given.figures.neutral[at]
        for i in range(values.size):
            if values[i] != values[i] and state[i] < 3:
                state[i] = 4
            if state[i] == 4:
                bad |= given.steps.fails[at]
                if neutral == neutral:
                    values[i] = neutral
                    state[i] = 3
    if given.steps.factor[at] >= 0:
        column = given.facts.columns[given.steps.factor[at]]
        for i in range(values.size):
            values[i] = values[i] * column[start + i]
    return bad


@loop
def leaf_block(at, start, values, state, given, kept):
    """All stages of one indicator for a block of units."""
    keep = kept.shape[0] > 0
    end = start + values.size
    bad = observe(at, start, values, state, given)
    if keep:
        kept[0, at, start:end] = values
    if given.steps.imputes[at]:
        impute(at, start, values, state, given)
    if keep:
        kept[1, at, start:end] = values
    if given.steps.treats[at]:
        bad |= treat(at, start, values, given)
    if keep:
        kept[2, at, start:end] = values
    bad |= normalise(at, start, values, given)
    if keep:
        kept[3, at, start:end] = values
    bad |= finish(at, start, values, state, given)
    if keep:
        kept[4, at, start:end] = values
    return bad


@loop
def plain_leaf(at, start, values, given):
    """An indicator that is only a line between limits."""
    figures, base = given.figures, given.steps.line_start[at]
    line = figures.centre[base], figures.slope[base], figures.intercept[base]
    column = given.facts.values[at][start : start + values.size]
    if given.steps.clips[at]:
        odd = posts_block(column, values, line, figures.ends[at, 0], figures.ends[at, 1])
        clamp(values, figures.floor[at], figures.cap[at])
    else:
        odd = bounded_block(column, values, line, figures.floor[at], figures.cap[at])
    wrong = 0
    if odd:
        for i in range(column.size):
            wrong |= abs(column[i]) == np.inf
    return wrong, odd


@loop
def posts_block(column, values, line, low, high):
    """A line between ends, in one pass; 1 when a value is missing or infinite."""
    centre, slope, intercept = line
    odd = 0
    for i in range(values.size):
        value = column[i]
        odd |= value - value != 0.0
        values[i] = (clip(value, low, high) - centre) * slope + intercept
    return odd


@loop
def bounded_block(column, values, line, floor, cap):
    """A line between a floor and a cap, in one pass; 1 when a value is missing or infinite."""
    centre, slope, intercept = line
    odd = 0
    for i in range(values.size):
        value = column[i]
        odd |= value - value != 0.0
        values[i] = clip((value - centre) * slope + intercept, floor, cap)
    return odd


@loop
def whole_block(at, size, leaves, held, gaps, tree):
    """An arithmetic mean of children without gaps and cards; False when it is not one."""
    first, last = tree.child_start[at], tree.child_start[at + 1]
    weights = tree.weight[tree.weight_start[at] :]
    whole = 0.0
    for child in range(first, last):
        if gaps[tree.child[child]] or not weights[child - first] > 0.0:
            return False
        whole += weights[child - first]
    if tree.by_card[at] or tree.power[at] != 1.0 or tree.minimum[at] > 0.0 or tree.adjust[at] >= 0:
        return False
    level = held[leaves + at][:size]
    level[:] = 0.0
    odd = (last - first) % 2
    if odd:
        values, weight = held[tree.child[first]][:size], weights[0]
        for i in range(size):
            level[i] = weight * values[i]
    for child in range(first + odd, last, 2):
        values, others = held[tree.child[child]][:size], held[tree.child[child + 1]][:size]
        add_two(values, weights[child - first], others, weights[child + 1 - first], level)
    for i in range(size):
        level[i] /= whole
    return True


@loop
def node_block(at, size, leaves, held, sums, card, tree):
    """One node for a block of units; 1 for a negative value under a mean that has no room for it."""
    total, whole = sums[0][:size], sums[1][:size]
    total[:] = 0.0
    whole[:] = 0.0
    first, last = tree.child_start[at], tree.child_start[at + 1]
    step = (last - first) * tree.by_card[at]
    power = tree.power[at]
    bad = 0
    for child in range(first, last):
        values = held[tree.child[child]][:size]
        weights = tree.weight[tree.weight_start[at] + child - first :]
        if power != 1.0:
            bad |= add_raised(power, values, weights, card, step, total, whole)
        elif step > 0:
            add_carded(values, weights, card, step, total, whole)
        elif weights[0] > 0.0:
            add_plain(values, weights[0], total, whole)
    level = held[leaves + at][:size]
    for i in range(size):
        level[i] = total[i] / whole[i] if whole[i] > 0.0 else np.nan
    if power != 1.0:
        for i in range(level.size):
            level[i] = lowered(power, level[i])
    return bad


@loop
def enough(at, start, size, leaves, held, sums, applies, card, given, tree):
    """Withdraw the node where less than its least share of the weight is present."""
    first, last = tree.child_start[at], tree.child_start[at + 1]
    step = (last - first) * tree.by_card[at]
    level, own = held[leaves + at], applies[leaves + at]
    for i in range(size):
        whole, own[i] = 0.0, False
        for child in range(first, last):
            place = tree.child[child]
            here = applies[place, i]
            if place < leaves:
                here = given.facts.applicable.size == 0 or given.facts.applicable[start + i, place]
            own[i] |= here
            row = card[i] * step if step > 0 else 0
            weight = tree.weight[tree.weight_start[at] + row + child - first]
            whole += weight if here else 0.0
        if tree.minimum[at] > 0.0 and not sums[1, i] >= tree.minimum[at] * whole:
            level[i] = np.nan


@loop
def run_block(start, size, buffers, given, tree, kept, states, levels):
    """Score one block of units; 1 when something must be refused."""
    held, sums, applies, state, gaps = buffers
    leaves = given.steps.kind.size
    bad = 0
    for at in range(leaves):
        values = held[at][:size]
        if given.steps.plain[at]:
            wrong, gaps[at] = plain_leaf(at, start, values, given)
            bad |= wrong
            continue
        gaps[at] = 1
        bad |= leaf_block(at, start, values, state, given, kept)
        if kept.shape[0] > 0:
            states[at, start : start + size] = state
    card = given.facts.card[start : start + size]
    for at in range(levels.shape[0]):
        gaps[leaves + at] = not whole_block(at, size, leaves, held, gaps, tree)
        if gaps[leaves + at]:
            bad |= node_block(at, size, leaves, held, sums, card, tree)
        if tree.tracked:
            enough(at, start, size, leaves, held, sums, applies, card, given, tree)
        level = held[leaves + at][:size]
        if tree.adjust[at] >= 0:
            column = given.facts.columns[tree.adjust[at]]
            for i in range(size):
                level[i] += column[start + i]
        levels[at, start : start + size] = level
    return bad


@loop
def run_part(first, last, facts, steps, figures, tree, kept, states, levels):
    """Score units first to last, block by block."""
    given = Given(facts, steps, figures)
    rows = steps.kind.size + levels.shape[0]
    held = np.empty((rows, BLOCK))
    sums = np.empty((2, BLOCK))
    applies = np.zeros((rows, BLOCK), dtype=np.bool_)
    state = np.zeros(BLOCK, dtype=np.uint8)
    gaps = np.ones(rows, dtype=np.int64)
    bad = 0
    for start in range(first, last, BLOCK):
        size = min(BLOCK, last - start)
        buffers = held, sums, applies, state[:size], gaps
        bad |= run_block(start, size, buffers, given, tree, kept, states, levels)
    return bad


@njit(cache=True, nogil=True, error_model="numpy", parallel=True)
def run_all(parts, facts, steps, figures, tree, kept, states, levels):
    """Score all units, shared out among threads in runs of whole blocks."""
    bad = np.zeros(parts.size - 1, dtype=np.int64)
    for part in prange(parts.size - 1):
        bad[part] = run_part(parts[part], parts[part + 1], facts, steps, figures, tree, kept, states, levels)
    return bad
