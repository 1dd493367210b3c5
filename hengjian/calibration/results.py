"""What calibration found: for each official the marks raw and calibrated, how sure, and the receipt."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from hengjian.calibration.linking import Linking
from hengjian.calibration.marks import Floats, Ints
from hengjian.calibration.reml import Components
from hengjian.terms.errors import Refused
from hengjian.terms.numbers import shown


@dataclass(frozen=True)
class Receipt:
    """One official's calibrated mark as arithmetic that can be checked by hand.

    Clause: SPEC B3, NORMS L19

    final = weight x (raw - leniency - service - conditions) + (1 - weight) x overall, with
    weight = n / (n + k). ``leniency`` is how much higher than others your raters and their groups
    mark on average (positive: lenient); ``conditions`` are channel, period and recorded ties.
    ``published`` is ``final`` held within ``bound`` points of ``raw``.
    """

    official: str
    n: int
    k: float
    raw: float
    leniency: float
    service: float
    conditions: float
    overall: float
    final: float
    published: float
    bound: float | None

    @property
    def weight(self) -> float:
        """How much the official's own marks count."""
        return self.n / (self.n + self.k)

    @property
    def by_hand(self) -> float:
        """The final mark worked out from the other figures."""
        own = self.raw - self.leniency - self.service - self.conditions
        return self.weight * own + (1.0 - self.weight) * self.overall

    def in_words(self) -> str:
        """One plain sentence for the score sheet.

        Clause: NORMS L19
        """
        figures = [shown(value) for value in (self.raw, self.leniency, self.service, self.conditions)]
        text = (
            f"{shown(self.weight)} ×（原始均分 {figures[0]} − 评分人平均偏宽 {figures[1]}"
            f" − 事项影响 {figures[2]} − 渠道时段与关系影响 {figures[3]}）"
            f"+ {shown(1.0 - self.weight)} × 总平均 {shown(self.overall)} = {shown(self.final)}"
        )
        if self.bound is not None and abs(self.published - self.final) > 1e-12:
            text += f"；校准幅度以 {shown(self.bound)} 分为限，公布 {shown(self.published)}"
        return text


@dataclass(frozen=True)
class Officials:
    """One row an official.

    Clause: SPEC B3, SPEC D2
    Shapes: all (officials,). ``raw`` is NaN without marks. ``adjusted`` is the calibrated mark,
    ``published`` the same held within the policy's bound of ``raw``; ``error`` is the square root of
    the prediction error variance of ``effect``, fixed effects taken into account.
    """

    names: tuple[str, ...]
    n: Ints
    raw: Floats
    adjusted: Floats
    published: Floats
    effect: Floats
    error: Floats
    weight: Floats
    reliability: Floats
    leniency: Floats
    service: Floats
    conditions: Floats


@dataclass(frozen=True)
class Tie:
    """How much a recorded tie raised marks; it has been taken out of every calibrated mark.

    Clause: SPEC B3
    """

    name: str
    effect: float
    error: float


@dataclass(frozen=True)
class RaterTable:
    """How lenient each rater is; anonymous raters carry no name and stand for one mark each.

    Clause: SPEC B3
    Shapes: n, leniency (raters,). ``group`` holds the effects of rater groups by name.
    """

    names: tuple[str, ...]
    n: Ints
    leniency: Floats
    group: Mapping[str, float]
    service: Mapping[str, float]


@dataclass(frozen=True)
class Joint:
    """Joint covariance of the prediction errors of all officials' effects.

    Clause: SPEC D2
    Shapes: upper (officials, officials), its upper triangle, times ``factor``.
    """

    upper: Floats
    factor: float

    def of(self, i: int, j: int) -> float:
        """Covariance of two officials.

        Clause: SPEC D2
        """
        return float(self.upper[min(i, j), max(i, j)]) * self.factor

    def full(self) -> Floats:
        """The whole symmetric matrix, a new copy.

        Clause: SPEC D2
        """
        found = np.triu(self.upper) * self.factor
        return np.asarray(found + np.triu(found, 1).T)


@dataclass(frozen=True)
class Calibration:
    """A whole fit.

    Clause: SPEC B3, SPEC D2, NORMS X8

    ``joint`` is the covariance of the prediction errors of all officials' effects, None where the marks
    were too many to form it (``exact`` is False then: errors are scaled from a sample).
    """

    officials: Officials
    raters: RaterTable
    components: Components
    ties: tuple[Tie, ...]
    overall: float
    k: float
    bound: float | None
    least_reliability: float
    linking: Linking | None
    joint: Joint | None
    exact: bool

    @property
    def ranked(self) -> np.ndarray:
        """Who may be ranked: reliability at least the policy's, 0.70 unless it says otherwise."""
        return self.officials.reliability >= self.least_reliability

    def receipt(self, official: str) -> Receipt:
        """The arithmetic of one official.

        Clause: SPEC B3, NORMS L19
        Raises: Refused for an official without marks.
        """
        at = self._at(official)
        rows = self.officials
        if rows.n[at] == 0:
            raise Refused("该干部没有评分，无校准结果", where=official, code="calibration.no_marks_of")
        return Receipt(
            official=official,
            n=int(rows.n[at]),
            k=self.k,
            raw=float(rows.raw[at]),
            leniency=float(rows.leniency[at]),
            service=float(rows.service[at]),
            conditions=float(rows.conditions[at]),
            overall=self.overall,
            final=float(rows.adjusted[at]),
            published=float(rows.published[at]),
            bound=self.bound,
        )

    def contrast(self, one: str, other: str) -> tuple[float, float]:
        """Difference of two officials' calibrated marks and its standard error.

        Clause: SPEC D2
        """
        if self.joint is None:
            raise Refused(
                "评分过多，未形成联合协方差", do="请按组分别校准后再比较", code="calibration.no_joint"
            )
        i, j, of = self._at(one), self._at(other), self.joint.of
        variance = max(of(i, i) + of(j, j) - 2.0 * of(i, j), 0.0)
        return float(self.officials.adjusted[i] - self.officials.adjusted[j]), float(np.sqrt(variance))

    def _at(self, official: str) -> int:
        try:
            return self.officials.names.index(official)
        except ValueError:
            raise Refused("校准结果中没有该干部", where=official, code="calibration.unknown") from None
