"""Variance components by restricted maximum likelihood: average information with a line search."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from hengjian.calibration.design import Design
from hengjian.calibration.errors import NotSettled
from hengjian.calibration.marks import Floats
from hengjian.calibration.system import RATER, System

FLOOR = 1e-7
ENOUGH = 1e-7
ENOUGH_LARGE = 5e-6  # where levels are many a round is dear
LARGE = 4_000
ROUNDS = 60
HALVINGS = 25
START = 0.1
NOISE = 1e-12


@dataclass(frozen=True)
class Components:
    """Variances with their standard errors, and how they were found.

    Clause: SPEC B3
    ``variance`` and ``error_of`` hold every random term and ``error``; a variance at the edge is
    exactly 0 with a standard error of NaN. ``information`` is the average information matrix of
    (terms, error).
    """

    variance: Mapping[str, float]
    error_of: Mapping[str, float]
    criterion: float
    rounds: int

    @property
    def ratios(self) -> dict[str, float]:
        """Variances over the error variance."""
        error = self.variance["error"]
        return {name: value / error for name, value in self.variance.items() if name != "error"}


@dataclass(frozen=True)
class _Slope:
    """Gradient of the criterion in the ratios, and its average-information curvature."""

    names: tuple[str, ...]
    gradient: Floats
    cross: Floats  # g'Pg over pairs of terms, in units of the error variance
    towards: Floats  # y'Pg for each term

    def curvature(self, quadratic: float, error: float) -> Floats:
        return (self.cross - np.outer(self.towards, self.towards) / quadratic) / error


def components_of(
    design: Design, *, fixed_raters: bool = False, start: Mapping[str, float] | None = None
) -> Components:
    """Find the variances that make the marks most likely.

    Clause: SPEC B3, NORMS X8
    Source: Gilmour, Thompson and Cullis (1995), average information REML.
    Raises: NotSettled when no maximum is reached.
    """
    return settled(design, fixed_raters=fixed_raters, start=start)[0]


def settled(
    design: Design, *, fixed_raters: bool = False, start: Mapping[str, float] | None = None
) -> tuple[Components, System | None]:
    """The variances, and the equations solved and inverted at them unless a variance is zero.

    Clause: SPEC B3
    Raises: NotSettled when no maximum is reached.
    """
    ratios = dict.fromkeys(_names(design, fixed_raters), START)
    ratios |= {name: max(value, FLOOR) for name, value in (start or {}).items() if name in ratios}
    system = System(design, ratios, fixed_raters=fixed_raters)
    for count in range(1, ROUNDS + 1):
        slope = _slope(system)
        step, free = _step(system, slope)
        if not free.any() or _is_small(step, free, system):
            found = _finished(system, slope, count)
            return found, None if 0.0 in found.variance.values() else system
        system = _searched(system, slope, step)
    raise NotSettled(f"{ROUNDS} 轮后仍未收敛")


def _names(design: Design, fixed_raters: bool) -> list[str]:
    names = [term.name for term in design.random]
    if not fixed_raters and design.n.max() > 1:
        names.append(RATER)
    return names


def _slope(system: System) -> _Slope:
    rest = system.rest()
    names = tuple(rest)
    towards = np.array([float(np.dot(rest[name], rest[name])) for name in names])
    cross = _cross(system, rest)
    traces = system.traces()  # last: it uses up the factor
    trace = np.array([traces[name] for name in names])
    return _Slope(names, trace - towards / system.error, cross, towards)


def _cross(system: System, rest: Mapping[str, Floats]) -> Floats:
    """Working vectors Z Z'Py of every term, projected on each other, without forming them."""
    design = system.design
    by_level, by_rater = [], []
    for name, sums in rest.items():
        if name == RATER:
            by_level.append(design.seen.T @ sums)
            by_rater.append(design.n * sums)
        else:
            spread = _spread(design, name, sums)
            by_level.append(design.levels @ spread)
            by_rater.append(design.seen @ spread)
    plain = np.empty((len(rest), len(rest)))
    for i, (name, sums) in enumerate(rest.items()):
        term = design.term(name)
        for j in range(len(rest)):
            seen = by_rater[j] if term is None else by_level[j][term.at]
            plain[i, j] = np.dot(sums, seen)
    right = np.stack([system.absorbed(w, r) for w, r in zip(by_level, by_rater, strict=True)], axis=1)
    taken = np.stack(by_rater, axis=1)
    cross = plain - taken.T @ (system.taken[:, None] * taken) - right.T @ system.solved(right)
    return (cross + cross.T) / 2.0


def _spread(design: Design, name: str, sums: Floats) -> Floats:
    found = np.zeros(design.width)
    term = design.term(name)
    if term is not None:
        found[term.at] = sums
    return found


def _step(system: System, slope: _Slope) -> tuple[Floats, NDArray[np.bool_]]:
    """Newton's step on the terms that are not held at zero.

    A term that would become negative goes down by a power of ten at most; the others' steps are
    then worked out anew for that.
    """
    now = np.array([system.ratios[name] for name in slope.names])
    curvature = slope.curvature(system.quadratic, system.error)
    free = (now > FLOOR) | (slope.gradient < 0.0)
    # no curvature at all where levels do not differ in the least: nowhere to go but down
    sinking = free & (slope.gradient > 0.0) & (np.diagonal(curvature) <= 1e-12)
    step = np.where(sinking, np.maximum(now / 10.0, FLOOR) - now, 0.0)
    while (open_ := free & ~sinking).any():
        pull = slope.gradient[open_] + curvature[np.ix_(open_, sinking)] @ step[sinking]
        step[open_] = -np.linalg.lstsq(curvature[np.ix_(open_, open_)], pull, rcond=1e-12)[0]
        below = open_ & (now + step <= 0.0)
        if not below.any():
            break
        step[below] = np.maximum(now / 10.0, FLOOR)[below] - now[below]
        sinking |= below
    return step, free


def _is_small(step: Floats, free: np.ndarray, system: System) -> bool:
    now = np.array([system.ratios[name] for name in system.rest()])
    landing = np.maximum(now + step, FLOOR)
    enough = ENOUGH_LARGE if system.design.width > LARGE else ENOUGH
    return bool((np.abs(landing - now)[free] <= enough * np.maximum(now[free], 1e-3)).all())


def _landing(system: System, slope: _Slope, step: Floats) -> Floats:
    """Where to go: Newton's point, or upwards that of expectation and maximisation where it is farther."""
    now = np.array([system.ratios[name] for name in slope.names])
    sizes = {term.name: term.size for term in system.design.random} | {RATER: system.design.n.size}
    size = np.array([sizes[name] for name in slope.names])
    safe = now - now**2 * slope.gradient / size
    newton = np.maximum(now + step, now / 10.0)
    return np.asarray(np.where(step > 0, np.maximum(newton, safe), newton))


def _searched(system: System, slope: _Slope, step: Floats) -> System:
    """Go along the step, by halves, until the marks are more likely than before."""
    now = np.array([system.ratios[name] for name in slope.names])
    towards = _landing(system, slope, step) - now
    for halving in range(HALVINGS):
        landing = np.maximum(now + 0.5**halving * towards, FLOOR)
        ratios = dict(zip(slope.names, landing.tolist(), strict=True))
        found = System(system.design, ratios, fixed_raters=system.fixed_raters)
        if found.criterion <= system.criterion + NOISE * abs(system.criterion):
            return found
    raise NotSettled("似然不再上升")


def _finished(system: System, slope: _Slope, count: int) -> Components:
    """Set terms at the edge to exactly zero and read off the standard errors."""
    error = system.error
    now = np.array([system.ratios[name] for name in slope.names])
    inside = now > 2.0 * FLOOR
    ratios = np.where(inside, now, 0.0)
    spread = _errors(system, slope, inside)
    variance = dict(zip(slope.names, (ratios * error).tolist(), strict=True))
    return Components(
        variance=variance | {"error": error},
        error_of=dict(zip((*slope.names, "error"), spread.tolist(), strict=True)),
        criterion=system.criterion,
        rounds=count,
    )


def _errors(system: System, slope: _Slope, inside: np.ndarray) -> Floats:
    """Standard errors on the scale of variances, from the average information of (terms, error)."""
    error, kept = system.error, np.flatnonzero(inside)
    ratios = np.array([system.ratios[name] for name in slope.names])
    at = len(kept)
    # in units where P is P/error: A_kl = g'Pg / 2e^3; with the error's own working vector
    # f = Py/e = (Py - sum ratio_k P g_k) by V = e(I + sum ratio_k Z_k Z_k')
    cross, towards = slope.cross[np.ix_(kept, kept)], slope.towards[kept]
    held = ratios[kept]
    own = system.quadratic - 2.0 * held @ towards + held @ cross @ held
    information = np.empty((at + 1, at + 1))
    information[:at, :at] = cross
    information[:at, at] = information[at, :at] = towards - cross @ held
    information[at, at] = own
    information /= 2.0 * error**3
    found = np.full(len(slope.names) + 1, np.nan)
    try:
        spread = np.diagonal(np.linalg.inv(information))
    except np.linalg.LinAlgError:
        raise NotSettled("有的影响在这些评分中分不开") from None
    found[[*kept.tolist(), -1]] = np.sqrt(np.where(spread > 0.0, spread, np.nan))
    return found
