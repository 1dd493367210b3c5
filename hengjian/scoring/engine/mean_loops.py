"""The kernel's loops that add one child, or two, to a mean for a block of units.

Numba's cache does not see a change in this file when it loads ``loops``: touch ``loops.py`` too.
"""

# ruff: noqa: ANN001, ANN201, PLR0124 - Numba infers types
# mypy: disable-error-code="no-untyped-def,no-any-return,untyped-decorator,misc"

from hengjian.scoring.engine.scalar_loops import loop, raised


@loop
def add_plain(values, weight, total, whole):
    """Add one child to an arithmetic mean: the loop that most plans spend their time in."""
    for i in range(values.size):
        value = values[i]
        known = value == value
        total[i] += weight * value if known else 0.0
        whole[i] += weight if known else 0.0


@loop
def add_two(values, weight, others, other, total):
    """Add two children without gaps, one after the other."""
    for i in range(total.size):
        total[i] = (total[i] + weight * values[i]) + other * others[i]


@loop
def add_carded(values, weights, card, step, total, whole):
    """Add one child whose weight stands on each unit's card."""
    for i in range(values.size):
        value, weight = values[i], weights[card[i] * step]
        known = value == value and weight > 0.0
        total[i] += weight * value if known else 0.0
        whole[i] += weight if known else 0.0


@loop
def add_raised(power, values, weights, card, step, total, whole):
    """Add one child to another mean; 1 for a negative value."""
    bad = 0
    for i in range(values.size):
        weight = weights[card[i] * step] if step > 0 else weights[0]
        if values[i] == values[i] and weight > 0.0:
            bad |= values[i] < 0.0
            total[i] += weight * raised(power, values[i])
            whole[i] += weight
    return bad
