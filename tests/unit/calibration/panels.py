"""Synthetic panels whose truth is known, seeded."""

from dataclasses import dataclass

import numpy as np

from hengjian.calibration.marks import Column, Floats, Ints, Marks


@dataclass(frozen=True)
class Panel:
    """Marks and the truth behind them."""

    marks: Marks
    truth: Floats
    units: tuple[str, ...]


def crossed(
    n: int = 6000,
    officials: int = 60,
    raters: int = 400,
    groups: int = 20,
    seed: int = 1,
    *,
    noise: float = 9.0,
    services: int = 4,
) -> Panel:
    """Raters of unequal activity mark officials drawn at random; marks in hundredths of a point."""
    draw = np.random.default_rng(seed)
    active = draw.pareto(1.5, raters) + 0.2
    rater = np.concatenate([np.arange(raters), draw.choice(raters, n - raters, p=active / active.sum())])
    group_of = np.arange(raters) % groups
    official, service = draw.integers(0, officials, n), draw.integers(0, services, n)
    truth = draw.normal(0, 6, officials)
    value = (
        70 + truth[official] + draw.normal(0, 5, raters)[rater] + draw.normal(0, 4, groups)[group_of[rater]]
    )
    value += draw.normal(0, 1.5, services)[service] + draw.normal(0, noise, n)
    marks = Marks(
        value=np.rint(value * 100).astype(np.int64),
        official=Column.numbered(official, officials),
        rater=Column.numbered(rater, raters),
        group=Column.numbered(group_of[rater], groups),
        service=Column.numbered(service, services),
        step=0.01,
    )
    return Panel(marks, 70 + truth, tuple(f"u{at % 6}" for at in range(officials)))


def in_units(bridging: float, seed: int, units: int = 30, each: int = 8, marks_each: int = 40) -> Panel:
    """Teams marked by their own people, whose leniency is that of the team; some marks cross teams."""
    draw = np.random.default_rng(seed)
    officials = units * each
    home = np.repeat(np.arange(units), each)
    truth = 75 + draw.normal(0, 4, units)[home] * 0.5 + draw.normal(0, 4, officials)
    official = np.repeat(np.arange(officials), marks_each)
    source = home[official]
    crossing = draw.random(official.size) < bridging
    source = np.where(crossing, (source + draw.integers(1, units, official.size)) % units, source)
    rater = source * 25 + draw.integers(0, 25, official.size)
    lenient = draw.normal(0, 6, units)[source] + draw.normal(0, 3, units * 25)[rater]
    value = truth[official] + lenient + draw.normal(0, 5, official.size)
    marks = Marks(
        value=np.rint(value * 10).astype(np.int64),
        official=Column.numbered(official, officials),
        rater=Column.numbered(rater, units * 25),
        group=Column.numbered(source, units),
        step=0.1,
    )
    return Panel(marks, truth, tuple(f"u{at}" for at in home))


def complete(officials: int, raters: int, seed: int, *, spread: float = 3.0) -> Marks:
    """Every rater marks every official once."""
    draw = np.random.default_rng(seed)
    truth, lenient = draw.normal(0, spread, officials), draw.normal(0, 4, raters)
    value = 70 + truth[:, None] + lenient + draw.normal(0, 2, (officials, raters))
    official, rater = (at.reshape(-1) for at in np.indices((officials, raters)))
    return Marks(
        value=np.rint(value.reshape(-1) * 100).astype(np.int64),
        official=Column.numbered(official),
        rater=Column.numbered(rater),
        step=0.01,
    )


def dense_equations(
    marks: Marks, ratios: dict[str, float], fixed: list[Ints]
) -> tuple[Floats, Floats, float]:
    """The textbook way, everything dense: V = I + sum ratio ZZ', then P. Effects of officials, their
    prediction error variance over the error's, and minus twice the restricted log-likelihood."""
    y = marks.value.astype(np.float64)
    x = np.stack([np.ones(y.size), *[column.astype(np.float64) for column in fixed]], axis=1)
    columns = {
        "official": marks.official,
        "rater": marks.rater,
        "group": marks.group,
        "service": marks.service,
    }
    z = {name: np.eye(len(c))[c.codes] for name, c in columns.items() if c is not None and name in ratios}
    v = np.eye(y.size) + sum(ratios[name] * design @ design.T for name, design in z.items())
    inverse = np.linalg.inv(v)
    middle = x.T @ inverse @ x
    p = inverse - inverse @ x @ np.linalg.solve(middle, x.T @ inverse)
    error = float(y @ p @ y) / (y.size - x.shape[1])
    own, ratio = z["official"], ratios["official"]
    effect = ratio * own.T @ p @ y
    left = ratio - ratio**2 * np.diagonal(own.T @ p @ own)
    logdet = np.linalg.slogdet(v)[1] + np.linalg.slogdet(middle)[1]
    criterion = (y.size - x.shape[1]) * (1 + np.log(2 * np.pi * error)) + logdet
    return effect, left, float(criterion)
