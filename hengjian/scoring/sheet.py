"""The score sheet: what came out for every seat, and how it came out."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from hengjian.scoring.calibrated.table import CalibrationTable

FORMAT = "hengjian/sheet/1"

GapKind = Literal["missing", "not_applicable", "group_missing", "group_too_small"]


@dataclass(frozen=True)
class Gap:
    """A value that was not there, and what the policy did about it.

    Clause: SPEC A9
    ``kind`` ``group_missing`` and ``group_too_small`` speak of a panel group (SPEC B1).
    """

    kind: GapKind
    indicator: str
    rule: str
    text: str
    group: str = ""


@dataclass(frozen=True)
class Working:
    """One step of a computation: rule, clause, inputs, result, and the steps it stands on.

    Clause: SPEC F3
    ``key`` names the step for tests and translation (``indicator.points``, ``panel.group`` ...);
    ``records`` are digests of the records that the step read.
    """

    key: str
    label: str
    rule: str
    clause: str
    result: float | None
    unit: str
    inputs: Mapping[str, float | str | None] = field(default_factory=dict)
    children: tuple["Working", ...] = ()
    records: tuple[str, ...] = ()


@dataclass(frozen=True)
class LineScore:
    """One line of one seat's scorecard after scoring. Weights in percent, points 0-100.

    Clause: SPEC A2
    ``contribution`` = points x effective weight / 100: what the line adds to the total.
    """

    indicator: str
    part: str
    weight: float
    effective_weight: float
    value: float | None
    points: float | None
    contribution: float | None


@dataclass(frozen=True)
class SeatScore:
    """What came out for one seat. All figures are quantised to 6 decimals.

    Clause: SPEC D1
    ``grade`` is a proposal; ``caveat`` says why a rank must be read with care (SPEC A3).
    """

    seat: str
    group: str
    total: float | None
    rank: int | None
    of: int
    grade: str | None
    parts: Mapping[str, float | None]
    lines: tuple[LineScore, ...]
    factors: Mapping[str, float]
    adjustment: float
    gaps: tuple[Gap, ...]
    caveat: str = ""


@dataclass(frozen=True)
class ScoreSheet:
    """The results of one cycle under one policy.

    Clause: SPEC F3
    ``root`` is the digest over snapshot root, policy digest, every seat's canonical line, and the
    calibration table where there is one.
    """

    cycle: str
    policy: str
    policy_digest: str
    snapshot_root: str
    seats: tuple[SeatScore, ...]
    root: str
    calibration: CalibrationTable | None = None
