"""Generated plans and cells for the properties: every method, every step, gaps, groups, cards."""

import numpy as np
from hypothesis import strategies as st
from hypothesis.strategies import DrawFn

from hengjian.scoring.engine import Cells, Impute, Leaf, Node, Normalise, Plan, Treat
from hengjian.scoring.engine.plan import METHODS

NUMBERS = st.integers(-40, 400).map(lambda n: n / 8)
GROUPINGS = ("", "zone", "level")


@st.composite
def normalisations(draw: DrawFn) -> Normalise:
    """Any method with options that belong to it."""
    method = draw(st.sampled_from(METHODS))
    ln = method in ("scaled", "goalposts") and draw(st.booleans())
    low = draw(st.integers(1, 20)) / 4 if ln else draw(st.integers(-20, 20)) / 4
    return Normalise(
        method,  # type: ignore[arg-type]
        floor=draw(st.sampled_from([None, 0.0])),
        cap=draw(st.sampled_from([None, 100.0])),
        low=low,
        high=low + draw(st.integers(1, 200)) / 4,
        ln=ln,
        target=draw(st.integers(1, 300)) / 4,
        target_column="target" if method == "completion" and draw(st.booleans()) else "",
        raw=draw(st.booleans()),
        within=draw(st.sampled_from(GROUPINGS)),
    )


def bands(direction: int, method: str) -> tuple[tuple[float, float], ...]:
    """A table that rises with merit."""
    first = float("-inf") if method == "band_steps" else -3.0
    points = (10.0, 40.0, 75.0, 100.0)
    return tuple(zip((first, 2.0, 9.5, 31.0), points if direction > 0 else points[::-1], strict=True))


@st.composite
def leaves(draw: DrawFn, code: str) -> Leaf:
    """An indicator with any steps."""
    direction = draw(st.sampled_from([1, -1]))
    spec = draw(normalisations())
    if spec.method.startswith("band"):
        spec = Normalise(spec.method, bands=bands(direction, spec.method), within=spec.within)
    return Leaf(
        code,
        direction,  # type: ignore[arg-type]
        denominator=draw(st.sampled_from(["", "", "people"])),
        impute=Impute(
            draw(st.sampled_from(["none", "none", "mean", "median", "constant"])),
            3.5,
            draw(st.sampled_from(GROUPINGS)),
        ),
        treat=Treat(
            draw(st.sampled_from(["none", "none", "winsorise", "limits", "ln"])),
            low=-1.0,
            high=30.0,
            shift=6.0,
            points=3,
            within=draw(st.sampled_from(GROUPINGS)),
        ),
        normalise=spec,
        missing=draw(st.sampled_from(["reweight", "reweight", "carry_forward", "neutral", "fail"])),
        neutral=60.0,
        constant=draw(st.sampled_from([50.0, 50.0, None])),
        factor=draw(st.sampled_from(["", "", "factor"])),
    )


@st.composite
def plans(draw: DrawFn) -> Plan:
    """A plan of 2 to 5 leaves in two parts and a total, with or without cards."""
    count = draw(st.integers(2, 5))
    found = tuple(draw(leaves(f"i{at}")) for at in range(count))
    cut = draw(st.integers(1, count - 1))
    codes = [leaf.code for leaf in found]
    parts = [("a", tuple(codes[:cut])), ("b", tuple(codes[cut:])), ("t", ("a", "b"))]
    carded = draw(st.booleans())
    nodes = []
    for code, children in parts:
        weights = () if carded else tuple(float(draw(st.integers(1, 9))) for _ in children)
        mean = draw(
            st.sampled_from(["arithmetic", "arithmetic", "geometric", "harmonic", "power", "copeland"])
        )
        least = draw(st.sampled_from([0.0, 0.5]))
        nodes.append(
            Node(
                code,
                children,
                weights,
                mean,
                power=draw(st.sampled_from([2.0, 0.5])),
                minimum=least,
                adjust=draw(st.sampled_from(["", "added"])),
                within=draw(st.sampled_from(GROUPINGS)),
            )
        )
    cards = np.array([[1.0 + at for at in range(count)], [2.0] * (count - 1) + [0.0]]) if carded else None
    return Plan(
        found, tuple(nodes), cards, rank_within=draw(st.sampled_from(GROUPINGS)), step=0.01, ranked=("a", "t")
    )


@st.composite
def cells(draw: DrawFn, plan: Plan, *, least: int = 1) -> Cells:
    """Units with gaps, parts that do not apply, groups and further columns."""
    n, width = draw(st.integers(least, 24)), len(plan.leaves)
    gap = st.sampled_from([False] * 5 + [True])
    rows = st.lists(st.lists(NUMBERS, min_size=width, max_size=width), min_size=n, max_size=n)
    masks = st.lists(st.lists(gap, min_size=width, max_size=width), min_size=n, max_size=n)
    values, carried = np.array(draw(rows)), np.array(draw(rows))
    values[np.array(draw(masks))] = np.nan
    carried[np.array(draw(masks))] = np.nan
    few = st.lists(st.integers(0, 2), min_size=n, max_size=n)
    ones = st.lists(st.integers(1, 40).map(lambda x: x / 4), min_size=n, max_size=n)
    return Cells(
        np.asfortranarray(values) if draw(st.booleans()) else values,
        applicable=~np.array(draw(masks)) if draw(st.booleans()) else None,
        card=np.array(draw(few)) % 2 if plan.cards is not None else None,
        groups={"zone": np.array(draw(few)), "level": np.array(draw(few))},
        columns={name: np.array(draw(ones)) for name in ("people", "target", "factor", "added")},
        carried=carried,
        reference=draw(st.integers(-1, n - 1)),
    )
