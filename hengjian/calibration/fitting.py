"""From marks to calibrated marks: the whole fit in one call."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from hengjian.calibration.design import Design, Term, design_of
from hengjian.calibration.iterative import components_by_sample, iterated, official_term
from hengjian.calibration.linking import AIM, LEAST, Linking, linking_of
from hengjian.calibration.marks import Floats, Marks
from hengjian.calibration.reml import Components, settled
from hengjian.calibration.results import Calibration, Joint, Officials, RaterTable, Tie
from hengjian.calibration.system import RATER, Ratios, System
from hengjian.calibration.threads import one_thread

DENSE = 20_000
GOOD_START = 4_000
SAMPLE = 1_500


@dataclass(frozen=True)
class Method:
    """What the policy says about calibration.

    Clause: NORMS X8, SPEC B3
    Policy: calibration.bound

    ``bound``: most points by which a mark may move, None for no bound. ``fixed_raters``: raters'
    leniency as free constants instead of draws from a distribution; a constant added to all marks
    of one rater then changes nothing at all, at the price of wider errors. ``components``: variances
    that were published before, so that nothing is estimated. ``seed`` decides samples beyond
    ``dense`` levels.
    """

    bound: float | None = 5.0
    least_reliability: float = 0.70
    aim: float = AIM
    least_share: float = LEAST
    fixed_raters: bool = False
    components: Components | None = None
    dense: int = DENSE
    sample: int = SAMPLE
    seed: int = 0


@dataclass
class _Solved:
    """What either way of solving gives."""

    effects: Floats
    leniency: Floats
    error: float
    inverse: Floats | None
    diagonal: Floats
    tie_errors: Mapping[str, float] = field(default_factory=dict)


def fit(marks: Marks, units: Sequence[str] | None = None, method: Method | None = None) -> Calibration:
    """Calibrate: estimate variances, take out leniency, services, conditions and ties, and say how sure.

    Clause: SPEC B3, NORMS X8, NORMS L19
    Policy: calibration.bound
    ``units`` names each official's home unit, in the order of the officials' column; without it the
    caller vouches that the marks hang together.
    Raises: NotComparable where units are not linked, NotSettled where variances cannot be found.
    Source: Henderson (1975); Gilmour, Thompson and Cullis (1995).
    """
    how = method or Method()
    linking = None if units is None else linking_of(marks, units, how.aim)
    if linking is not None:
        linking.require(how.least_share)
    if how.fixed_raters and marks.group is not None:  # a free constant for each rater holds the group's too
        marks = replace(marks, group=None)
    with one_thread():
        design = design_of(marks)
        official_term(design)
        components, system = _components(marks, design, how)
        solved = _solved(design, components, how, system)
        return _calibration(marks, design, components, solved, how, linking)


def _components(marks: Marks, design: Design, how: Method) -> tuple[Components, System | None]:
    if how.components is not None:
        return how.components, None
    if design.width > how.dense:
        return components_by_sample(marks, how.sample, how.seed, fixed_raters=how.fixed_raters), None
    start = None
    if design.width > GOOD_START:
        start = components_by_sample(marks, how.sample, how.seed, fixed_raters=how.fixed_raters).ratios
    return settled(design, fixed_raters=how.fixed_raters, start=start)


def _solved(design: Design, components: Components, how: Method, system: System | None) -> _Solved:
    ratios, error = _of_design(design, components.ratios), components.variance["error"]
    term = official_term(design)
    if design.width > how.dense:
        found = iterated(design, ratios, how.seed, fixed_raters=how.fixed_raters)
        return _Solved(found.effects, found.leniency, error, None, found.inverse_diagonal)
    system = system or System(design, ratios, fixed_raters=how.fixed_raters)
    inverse = system.inverse
    own = np.diagonal(inverse)
    ties = {
        fixed.name: float(np.sqrt(error * own[fixed.start]))
        for fixed in design.terms
        if not fixed.random and fixed.start not in system.aliased
    }
    return _Solved(system.effects, system.leniency, error, inverse, own[term.at].copy(), ties)


def _of_design(design: Design, ratios: Ratios) -> dict[str, float]:
    """Ratios for the terms of this design; a term that was not estimated has no variance."""
    names = [term.name for term in design.random] + [RATER]
    return {name: ratios.get(name, 0.0) for name in names}


def _calibration(
    marks: Marks,
    design: Design,
    components: Components,
    solved: _Solved,
    how: Method,
    linking: Linking | None,
) -> Calibration:
    term, step = official_term(design), marks.step
    ratio = components.ratios.get("official", 0.0)
    k = 1.0 / ratio if ratio > 0 else np.inf
    overall = _overall(marks, design, solved)
    joint = None
    if solved.inverse is not None:
        joint = Joint(solved.inverse[term.at, term.at], solved.error * ratio * step**2)
    return Calibration(
        officials=_officials(marks, design, solved, how, (overall, k, ratio)),
        raters=_raters(marks, design, solved),
        components=_in_points(components, step),
        ties=_ties(marks, design, solved),
        overall=overall * step,
        k=k,
        bound=how.bound,
        least_reliability=how.least_reliability,
        linking=linking,
        joint=joint,
        exact=solved.inverse is not None,
    )


def _overall(marks: Marks, design: Design, solved: _Solved) -> float:
    """The mean mark of an average official under average conditions and without any tie."""
    found = design.centre + float(solved.effects[0])
    share = design.levels[0].toarray().reshape(-1) / design.marks
    for term in design.terms[1:]:
        if not term.random and term.name not in marks.ties:
            found += float(np.dot(share[term.at], solved.effects[term.at]))
    return found


def _officials(
    marks: Marks, design: Design, solved: _Solved, how: Method, figures: tuple[float, float, float]
) -> Officials:
    overall, k, ratio = figures
    term, step = official_term(design), marks.step
    rows = design.levels[term.start : term.stop]
    n = rows[:, 0].toarray().reshape(-1)
    some = np.where(n > 0, n, np.nan)
    fixed = sum(other.size for other in design.terms if not other.random)
    effect = solved.effects[term.at]
    raw = design.level_sum[term.at] / some + design.centre
    conditions = rows[:, :fixed] @ solved.effects[:fixed] / some + design.centre - overall
    leniency = (design.seen.T @ solved.leniency)[term.at] / some + _mean_of(
        design, rows, solved, "group"
    ) / some
    adjusted = overall + effect
    bound = np.inf if how.bound is None else how.bound / step
    published = np.where(n > 0, raw + np.clip(adjusted - raw, -bound, bound), np.nan)
    return Officials(
        names=marks.official.names,
        n=n.astype(np.int64),
        raw=raw * step,
        adjusted=adjusted * step,
        published=published * step,
        effect=effect * step,
        error=np.sqrt(solved.error * ratio * solved.diagonal) * step,
        weight=n / (n + k),
        reliability=1.0 - solved.diagonal if ratio > 0 else np.zeros(n.size),
        leniency=leniency * step,
        service=_mean_of(design, rows, solved, "service") / some * step,
        conditions=conditions * step,
    )


def _mean_of(design: Design, rows: Floats, solved: _Solved, name: str) -> Floats:
    term = design.term(name)
    if term is None:
        return np.zeros(rows.shape[0])
    return np.asarray(rows[:, term.at] @ solved.effects[term.at])


def _raters(marks: Marks, design: Design, solved: _Solved) -> RaterTable:
    def named(term: Term | None, names: tuple[str, ...]) -> dict[str, float]:
        if term is None:
            return {}
        return dict(zip(names, (solved.effects[term.at] * marks.step).tolist(), strict=True))

    return RaterTable(
        names=design.rater_names,
        n=design.n.astype(np.int64),
        leniency=solved.leniency * marks.step,
        group=named(design.term("group"), marks.group.names if marks.group else ()),
        service=named(design.term("service"), marks.service.names if marks.service else ()),
    )


def _ties(marks: Marks, design: Design, solved: _Solved) -> tuple[Tie, ...]:
    found = []
    for name in marks.ties:
        term = design.term(name)
        if term is not None:
            error = solved.tie_errors.get(name, float("nan"))
            found.append(Tie(name, float(solved.effects[term.start]) * marks.step, error * marks.step))
    return tuple(found)


def _in_points(components: Components, step: float) -> Components:
    square = step * step
    return Components(
        variance={name: value * square for name, value in components.variance.items()},
        error_of={name: value * square for name, value in components.error_of.items()},
        criterion=components.criterion,
        rounds=components.rounds,
    )
