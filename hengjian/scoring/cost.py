"""Cost against benefit: debt above the cap lowers the points of one part of the card."""

from dataclasses import dataclass

import numpy as np

from hengjian.scoring.facts import Facts, Floats, Ints
from hengjian.scoring.snapshot import Project
from hengjian.terms.numbers import quantise


@dataclass(frozen=True)
class Costs:
    """Factors of the seats and of the projects behind them, a row for each seat and project.

    Clause: SPEC A5, NORMS X17
    Shapes: factor (seats,); start (seats + 1,); project, cap, excess, project_factor, weight
    (pairs,): the pairs of a seat stand from ``start[row]`` to ``start[row + 1]``.
    """

    factor: Floats
    start: Ints
    project: Ints
    projects: tuple[Project, ...]
    cap: Floats
    opening: Floats
    excess: Floats
    project_factor: Floats
    weight: Floats


def excess_ratio(debt_ratio: Floats, cap: Floats, opening: Floats) -> Floats:
    """Percentage points of debt for which this official answers: above the cap and above the
    ratio found on taking office.

    Clause: NORMS X17, NORMS X19
    Shapes: all (n,), percent; opening NaN where no ratio was frozen.
    """
    return quantise(np.maximum(0.0, debt_ratio - np.fmax(cap, opening)))


def debt_factor(excess: Floats, penalty: float) -> Floats:
    """The share of the points that is left: linear, fractions of a point count, never below 0.

    Clause: SPEC A5
    Policy: cost_benefit.debt_penalty
    """
    return quantise(np.maximum(0.0, 1.0 - penalty * excess))


def benefit_of(facts: Facts, points: Floats) -> Floats:
    """The benefit of every seat: the points of the part that debt lowers, before it is lowered.

    Clause: NORMS X17
    Shapes: points (seats, indicators); returns (seats,), NaN without any.
    """
    rule = facts.rules.cost
    total, weight = np.zeros(points.shape[0]), np.zeros(points.shape[0])
    for at, part in enumerate(facts.part):
        if rule is not None and part == rule.part:
            here = ~np.isnan(points[:, at])
            total = total + np.where(here, facts.weights[:, at] * points[:, at], 0.0)
            weight = weight + np.where(here, facts.weights[:, at], 0.0)
    with np.errstate(invalid="ignore", divide="ignore"):
        return quantise(np.where(weight > 0.0, total / weight, np.nan))


def costs_of(facts: Facts) -> Costs:
    """The cost-benefit factor of every seat; 1 without a rule, a project or fiscal money.

    Clause: SPEC A5, NORMS X17, NORMS X19
    """
    rule = facts.rules.cost
    place = {code: at for at, code in enumerate(facts.organisations)}
    held = [p for p in facts.snapshot.projects if p.organisation in place]
    projects = tuple(sorted(held, key=lambda p: (place[p.organisation], p.record))) if rule else ()
    owner = np.array([place[p.organisation] for p in projects], dtype=np.int64)
    many = np.bincount(owner, minlength=len(place))[facts.organisation]
    first = (np.cumsum(np.bincount(owner, minlength=len(place))) - np.bincount(
        owner, minlength=len(place)))[facts.organisation]  # fmt: skip
    start = np.concatenate([[0], np.cumsum(many)]).astype(np.int64)
    seat = np.repeat(np.arange(len(facts.seats)), many)
    project = np.arange(int(start[-1])) - start[seat] + first[seat]
    counted = rule is not None and rule.opening
    opening = np.array([_number(s.opening_debt_ratio if counted else None) for s in facts.seats])[seat]
    cap = np.array([_or(p.debt_cap, rule.cap if rule else 0.0) for p in projects])[project]
    ratio = np.array([p.debt_ratio for p in projects])[project]
    weight = np.array([p.fiscal_money for p in projects])[project]
    excess = excess_ratio(ratio, cap, opening)
    factor = debt_factor(excess, rule.penalty if rule else 0.0)
    total = np.bincount(seat, weights=weight * factor, minlength=len(facts.seats))
    money = np.bincount(seat, weights=weight, minlength=len(facts.seats))
    with np.errstate(invalid="ignore", divide="ignore"):
        mean = quantise(np.where(money > 0.0, total / money, 1.0))
    return Costs(mean, start, project, projects, cap, opening, excess, factor, weight)


def _number(value: float | None) -> float:
    return float("nan") if value is None else value


def _or(value: float | None, default: float) -> float:
    return default if value is None else value
