"""Which units can be compared: parts that hang together by enough marks, the rest unit by unit."""

from dataclasses import dataclass

import numpy as np

from hengjian.calibration.errors import NotComparable
from hengjian.calibration.linking import Linking, linking_of
from hengjian.scoring.calibrated.inputs import Inputs
from hengjian.scoring.calibrated.rule import CalibrationRule
from hengjian.scoring.calibrated.table import Link


@dataclass(frozen=True)
class Part:
    """Marks of units that stand in one rank, or of one unit alone.

    Clause: NORMS X8
    """

    inputs: Inputs
    units: tuple[str, ...]
    link: Link
    linking: Linking


def parts_of(inputs: Inputs, rule: CalibrationRule) -> tuple[Part, ...]:
    """Split the marks where units are not linked, or by fewer marks than the policy asks.

    Clause: SPEC B3, NORMS X8
    Policy: calibration.bridging_least
    """
    linking = linking_of(inputs.marks, inputs.units, rule.aim)
    try:
        linking.require(rule.least)
    except NotComparable:
        pieces = _pieces(linking, rule.least)
        return tuple(part for units in pieces for part in parts_of(_of_units(inputs, units), rule))
    return (Part(inputs, linking.units, "across" if len(linking.units) > 1 else "within", linking),)


def _pieces(linking: Linking, least: float) -> list[tuple[str, ...]]:
    """What may still hang together: the parts, or the well linked units and each other one alone."""
    if len(linking.parts) > 1:
        return sorted(linking.parts)
    weak = {u for u, share in zip(linking.units, linking.share_of.tolist(), strict=True) if share < least}
    rest = tuple(unit for unit in linking.units if weak and unit not in weak)
    alone = [(unit,) for unit in linking.units if unit not in rest]
    return sorted([*alone, *([rest] if rest else [])])


def _of_units(inputs: Inputs, units: tuple[str, ...]) -> Inputs:
    unit = np.array(inputs.units)[inputs.marks.official.codes]
    return inputs.where(np.flatnonzero(np.isin(unit, units)))
