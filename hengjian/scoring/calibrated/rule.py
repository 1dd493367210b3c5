"""What the policy says about calibration, taken out of its parameters."""

from collections.abc import Mapping
from dataclasses import dataclass

from hengjian.calibration.fitting import Method
from hengjian.policy.model import Parameter
from hengjian.terms.errors import PolicyError

GROUPS = "calibration.groups"
LINKING = "calibration.linking"
BOUND = "calibration.bound"
RELIABILITY = "calibration.least_reliability"
AIM = "calibration.bridging_aim"
LEAST = "calibration.bridging_least"
SINGLE = "calibration.single_rater_most"
RATE = "calibration.false_discovery_rate"
SECONDS = "calibration.least_seconds"
RATERS = "calibration.raters"
NEEDED = (BOUND, RELIABILITY, AIM, LEAST, SINGLE, RATE, SECONDS, RATERS)
FIXED = "fixed"


@dataclass(frozen=True)
class CalibrationRule:
    """Whose marks are calibrated, with whose help, how far, and what is asked of the result.

    Clause: SPEC B3, NORMS X8
    Policy: calibration.groups, calibration.linking, calibration.bound, calibration.least_reliability
    ``groups`` are calibrated; ``linking`` are fitted with them, because their raters mark several units.
    ``bound`` and ``single`` in points of a hundred; ``reliability``, ``aim``, ``least``, ``rate`` as shares;
    ``fixed``: signed raters as free constants instead of draws.
    """

    groups: tuple[str, ...]
    linking: tuple[str, ...]
    bound: float
    reliability: float
    aim: float
    least: float
    single: float
    rate: float
    seconds: float
    fixed: bool = False

    @property
    def fitted(self) -> frozenset[str]:
        """All groups whose marks go into the fit."""
        return frozenset(self.groups) | frozenset(self.linking)

    def method(self) -> Method:
        """What the fit is told; the bound is held group by group afterwards.

        Clause: NORMS X8
        """
        return Method(
            bound=self.bound,
            least_reliability=self.reliability,
            aim=self.aim,
            least_share=self.least,
            fixed_raters=self.fixed,
        )


def calibration_rule(parameters: Mapping[str, Parameter]) -> CalibrationRule | None:
    """The rule of a policy, or None where it calibrates nothing.

    Clause: SPEC B3
    Policy: calibration.groups
    Raises: PolicyError when a figure is missing.
    """
    named = parameters.get(GROUPS)
    if named is None or not named.value:
        return None
    lacking = [key for key in NEEDED if key not in parameters]
    if lacking:
        raise PolicyError(
            f"要校准的评价主体已列出，但缺少参数 {'、'.join(lacking)}",
            where=f"{named.provenance.file}:{named.provenance.line}",
            do="请在制度包 calibration 中给出",
            code="policy.parameter",
        )
    linking = parameters.get(LINKING)
    return CalibrationRule(
        groups=tuple(named.value),  # type: ignore[arg-type]
        linking=() if linking is None else tuple(linking.value),  # type: ignore[arg-type]
        bound=_number(parameters[BOUND]),
        reliability=_number(parameters[RELIABILITY]),
        aim=_number(parameters[AIM]),
        least=_number(parameters[LEAST]),
        single=_number(parameters[SINGLE]),
        rate=_number(parameters[RATE]),
        seconds=_number(parameters[SECONDS]),
        fixed=parameters[RATERS].value == FIXED,
    )


def _number(parameter: Parameter) -> float:
    value = float(parameter.value)  # type: ignore[arg-type]
    return value / 100.0 if "%" in parameter.unit else value
