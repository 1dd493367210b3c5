"""Beyond some 20,000 dense levels: conjugate gradients, with variances and errors from a seeded sample."""

from dataclasses import dataclass

import numpy as np
from scipy.sparse.linalg import LinearOperator, cg

from hengjian.calibration.design import Design, Term, design_of
from hengjian.calibration.errors import NotSettled
from hengjian.calibration.marks import Column, Floats, Ints, Marks
from hengjian.calibration.reml import Components, components_of
from hengjian.calibration.system import Ratios, Shares, scales

EXACT = 1e-13
PROBES = 48


@dataclass(frozen=True)
class Iterated:
    """The same solution as of the factored equations, without forming them.

    Clause: SPEC B3
    Shapes: effects (w,); leniency (raters,); inverse_diagonal (officials,) of the scaled equations.
    """

    effects: Floats
    leniency: Floats
    error: float
    inverse_diagonal: Floats


class Operator:
    """The scaled equations as a product, with their diagonal as preconditioner.

    Clause: SPEC B3
    """

    def __init__(self, design: Design, ratios: Ratios, *, fixed_raters: bool = False) -> None:
        self.design = design
        self.scale = scales(design, ratios)
        self.taken = Shares(ratios.get("rater", 0.0), fixed_raters).taken(design.n)
        self.added = np.zeros(design.width)
        for term in design.random:
            self.added[term.at] = 1.0
        seen = design.seen.multiply(design.seen)
        own = design.levels.diagonal() - seen.T @ self.taken
        self.diagonal = np.maximum(self.scale**2 * own, 1e-12) + self.added

    def times(self, x: Floats) -> Floats:
        """Product of the equations with a vector.

        Clause: SPEC B3
        Shapes: x, returns (w,).
        """
        wide = self.scale * x.reshape(-1)
        design = self.design
        taken = design.seen.T @ (self.taken * (design.seen @ wide))
        return np.asarray(self.scale * (design.levels @ wide - taken) + self.added * x.reshape(-1))

    def solved(self, right: Floats, exact: float = EXACT) -> Floats:
        """Solve by preconditioned conjugate gradients.

        Clause: SPEC B3
        Raises: NotSettled when it does not converge.
        """
        width = self.design.width
        own = LinearOperator((width, width), matvec=self.times, dtype=np.float64)
        inverse = LinearOperator(
            (width, width), matvec=lambda x: x.reshape(-1) / self.diagonal, dtype=np.float64
        )
        found, info = cg(own, right, rtol=exact, maxiter=20 * 1000, M=inverse)
        if info != 0:
            raise NotSettled("共轭梯度法未收敛")
        return np.asarray(found)


def iterated(design: Design, ratios: Ratios, seed: int, *, fixed_raters: bool = False) -> Iterated:
    """Solve for all effects; errors of officials are scaled by those of a seeded sample.

    Clause: SPEC B3, SPEC D2
    """
    operator = Operator(design, ratios, fixed_raters=fixed_raters)
    right = operator.scale * (design.level_sum - design.seen.T @ (operator.taken * design.rater_sum))
    scaled = operator.solved(right)
    effects = operator.scale * scaled
    leniency = operator.taken * (design.rater_sum - design.seen @ effects)
    absorbed = float(np.dot(operator.taken, design.rater_sum**2))
    fixed = sum(term.size for term in design.terms if not term.random)
    freedom = design.marks - fixed - (np.count_nonzero(design.n) if fixed_raters else 0)
    error = (design.square - absorbed - float(np.dot(right, scaled))) / freedom
    return Iterated(effects, leniency, error, _diagonal(operator, seed))


def _diagonal(operator: Operator, seed: int) -> Floats:
    """Diagonal of the inverse for officials: exact for a sample, scaled by its mean ratio for the others."""
    term = operator.design.term("official")
    if term is None:
        return np.zeros(0)
    rough = 1.0 / operator.diagonal[term.at]
    probes = np.sort(np.random.default_rng(seed).choice(term.size, min(PROBES, term.size), replace=False))
    exact = np.empty(probes.size)
    for at, level in enumerate(probes.tolist()):
        unit = np.zeros(operator.design.width)
        unit[term.start + level] = 1.0
        exact[at] = operator.solved(unit, 1e-8)[term.start + level]
    return np.asarray(np.minimum(rough * float((exact / rough[probes]).mean()), 1.0))


def sampled(marks: Marks, officials: int, seed: int) -> Marks:
    """Marks of a seeded sample of officials, codes closed up.

    Clause: SPEC B3
    """
    size = len(marks.official)
    drawn = np.zeros(size, dtype=np.bool_)
    drawn[np.random.default_rng(seed).choice(size, min(officials, size), replace=False)] = True
    kept = marks.where(drawn[marks.official.codes])
    group, service = kept.group, kept.service
    return Marks(
        value=kept.value,
        official=_closed(kept.official),
        rater=_closed(kept.rater),
        group=None if group is None else _closed(group),
        service=None if service is None else _closed(service),
        fixed={name: _closed(column) for name, column in kept.fixed.items()},
        ties=kept.ties,
        step=kept.step,
    )


def _closed(column: Column) -> Column:
    """The same codes without those that no row uses."""
    used = np.zeros(len(column), dtype=np.bool_)
    used[column.codes[column.codes >= 0]] = True
    moved: Ints = np.cumsum(used) - 1
    codes = np.where(column.codes < 0, -1, moved[column.codes])
    return Column(tuple(column.names[at] for at in np.flatnonzero(used).tolist()), codes)


def components_by_sample(
    marks: Marks, officials: int, seed: int, *, fixed_raters: bool = False
) -> Components:
    """Variance components of a seeded sample of officials with all their marks.

    Clause: SPEC B3
    """
    return components_of(design_of(sampled(marks, officials, seed)), fixed_raters=fixed_raters)


def official_term(design: Design) -> Term:
    """The officials' term; marks of a single official cannot be calibrated.

    Clause: SPEC B3
    Raises: NotSettled when there are fewer than two officials.
    """
    term = design.term("official")
    if term is None:
        raise NotSettled("只有一名干部，无可比较")
    return term
