"""The rules that one assessment needs, taken out of a policy for the seats of a snapshot.

Rules are plain frozen values, so that a comparison can take some from one policy and the rest
from another (:mod:`hengjian.scoring.compare`).
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Protocol

from hengjian.policy.model import (
    Comparison,
    Grade,
    Indicator,
    Instrument,
    Modifier,
    PanelGroup,
    Parameter,
    Provenance,
    Scorecard,
)
from hengjian.scoring.calibrated.rule import CalibrationRule, calibration_rule
from hengjian.scoring.snapshot import Seat
from hengjian.terms.errors import PolicyError

CardKey = tuple[str, str, str]
PENALTY = "cost_benefit.debt_penalty"
CAP = "cost_benefit.debt_cap"
OPENING = "cost_benefit.opening_balance"
BAND = "cost_benefit.benefit_band"
DEBT = "debt_excess"


class PolicyLike(Protocol):
    """What scoring asks of a policy on one day.

    Clause: SPEC A1
    """

    @property
    def id(self) -> str:
        """Which policy."""

    @property
    def digest(self) -> str:
        """Digest of its files."""

    @property
    def indicators(self) -> Mapping[str, Indicator]:
        """The library in the versions that apply."""

    @property
    def groups(self) -> tuple[PanelGroup, ...]:
        """Who judges."""

    @property
    def instruments(self) -> Mapping[str, Instrument]:
        """The scales."""

    @property
    def comparison(self) -> Comparison:
        """Comparable groups."""

    @property
    def grades(self) -> tuple[Grade, ...]:
        """Grades."""

    @property
    def parameters(self) -> Mapping[str, Parameter]:
        """Dated values."""

    @property
    def modifiers(self) -> tuple[Modifier, ...]:
        """Factors on parts of the card."""

    def scorecard(self, zone: str, category: str, county: str = "") -> Scorecard:
        """The card of a post."""


@dataclass(frozen=True)
class CostRule:
    """How debt above the cap lowers the points of one part of the card.

    Clause: SPEC A5, NORMS X17
    Policy: cost_benefit.debt_penalty
    ``penalty`` is the share lost for each percentage point, ``cap`` in percent; ``opening``: only
    what was added since taking office counts (NORMS X19); ``band``: width within which points of
    the part count as the same benefit, None when the policy compares nobody by it.
    """

    penalty: float
    cap: float
    opening: bool
    part: str
    provenance: Provenance
    band: float | None = None


@dataclass(frozen=True)
class Rules:
    """Everything that an assessment takes from policy.

    Clause: SPEC A1
    """

    id: str
    digest: str
    cards: Mapping[CardKey, Scorecard]
    indicators: Mapping[str, Indicator]
    groups: tuple[PanelGroup, ...]
    instruments: Mapping[str, Instrument]
    cost: CostRule | None
    comparison: Comparison
    grades: tuple[Grade, ...]
    calibration: CalibrationRule | None = None

    def card_of(self, seat: Seat) -> Scorecard:
        """The one table of the seat's post.

        Clause: SPEC A2
        """
        return self.cards[card_key(seat)]


def card_key(seat: Seat) -> CardKey:
    """What decides which scorecard a seat has.

    Clause: SPEC A2
    """
    return (seat.zone, seat.category, seat.county)


def rules_of(policy: PolicyLike, seats: Iterable[Seat]) -> Rules:
    """Take out of a policy what these seats need.

    Clause: SPEC A2
    Raises: PolicyError when a card names an indicator that the library does not have.
    """
    return rules_for(policy, {card_key(seat) for seat in seats})


def rules_for(policy: PolicyLike, keys: Iterable[CardKey]) -> Rules:
    """Take out of a policy what these cards need.

    Clause: SPEC A2
    Raises: PolicyError when a card names an indicator that the library does not have.
    """
    cards = {key: policy.scorecard(*key) for key in sorted(keys)}
    used = sorted({line.indicator for card in cards.values() for line in card.lines})
    unknown = [code for code in used if code not in policy.indicators]
    if unknown:
        raise PolicyError(
            f"计分表用到了指标库中没有的指标：{'、'.join(unknown)}",
            do="请先在指标库中定义",
            code="policy.indicator_unknown",
        )
    return Rules(
        id=policy.id,
        digest=policy.digest,
        cards=cards,
        indicators={code: policy.indicators[code] for code in used},
        groups=tuple(policy.groups),
        instruments=dict(policy.instruments),
        cost=_cost_rule(policy),
        comparison=policy.comparison,
        grades=tuple(policy.grades),
        calibration=calibration_rule(policy.parameters),
    )


def _cost_rule(policy: PolicyLike) -> CostRule | None:
    declared = [modifier for modifier in policy.modifiers if modifier.rule == DEBT]
    if not declared:
        return None
    penalty = policy.parameters.get(PENALTY)
    if penalty is None:
        raise _without(PENALTY)
    opening = policy.parameters.get(OPENING)
    return CostRule(
        penalty=_share(penalty),
        cap=_number(policy.parameters, CAP),
        opening=opening is None or bool(opening.value),
        part=declared[0].part,
        provenance=penalty.provenance,
        band=_number(policy.parameters, BAND) if BAND in policy.parameters else None,
    )


def _without(key: str) -> PolicyError:
    return PolicyError(f"缺少参数 {key}", do="请在制度包 cost_benefit 中给出", code="policy.parameter")


def _share(parameter: Parameter) -> float:
    value = float(parameter.value)  # type: ignore[arg-type]
    return value / 100.0 if "%" in parameter.unit else value


def _number(parameters: Mapping[str, Parameter], key: str) -> float:
    if key not in parameters:
        raise _without(key)
    return float(parameters[key].value)  # type: ignore[arg-type]
