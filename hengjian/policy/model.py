"""What a policy says on one day: frozen values with clause, owner and reading.

These are the resolved types. Files are read by :mod:`hengjian.policy.folder`; engines and
pages see only what stands here.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Literal

Side = Literal["official", "public"]
SourceKind = Literal["panel", "metric", "cases"]
Mean = Literal["arithmetic", "geometric", "harmonic", "power", "copeland"]
MissingRule = Literal["reweight", "carry_forward", "fail", "neutral"]
UNDATED = date.min


@dataclass(frozen=True)
class Provenance:
    """Where a rule comes from: its clause, owner, file and line, and the reading chosen.

    Clause: SPEC A1
    """

    clause: str
    owner: str
    since: date
    file: str
    line: int
    reading: str = ""
    as_written: str = ""


@dataclass(frozen=True)
class Parameter:
    """One dated value of the policy, such as ``cost_benefit.debt_penalty``.

    Clause: SPEC A7
    """

    key: str
    name: str
    name_en: str
    value: float | int | str | bool | tuple[str, ...]
    unit: str
    provenance: Provenance


@dataclass(frozen=True)
class Normalisation:
    """How an indicator's values become points from 0 to 100; ``options`` depend on the method.

    Clause: SPEC A9
    """

    method: str
    options: Mapping[str, object] = field(default_factory=dict)
    within_group: bool = False


@dataclass(frozen=True)
class Source:
    """Where an indicator's value comes from.

    Clause: SPEC A1

    ``panel``: marks on this indicator. ``metric``: the metric with code ``metric`` of the seat's
    organisation. ``cases``: shares of the organisation's cases of ``feed``, blended by ``measures``
    (``on_time``, ``closed``, ``not_reopened``, ``satisfied``), weights as written.
    """

    kind: SourceKind
    metric: str = ""
    feed: str = ""
    measures: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True)
class Step:
    """A declared step before normalisation: denominate, impute, treat; options by method.

    Clause: SPEC A9
    """

    method: str
    options: Mapping[str, object] = field(default_factory=dict)


@dataclass(frozen=True)
class Indicator:
    """One indicator of the library in the version that applies.

    Clause: SPEC A1
    """

    code: str
    name: str
    name_en: str
    part: str
    theme: str
    definition: str
    unit: str
    direction: Literal[1, -1]
    source: Source
    frequency: str
    virtue: str
    normalisation: Normalisation
    missing: MissingRule
    neutral: float | None
    steps: Mapping[str, Step]
    version: str
    provenance: Provenance
    longterm: bool = False


@dataclass(frozen=True)
class Line:
    """One line of a scorecard: an indicator, its part, its weight in percent, as written too.

    Clause: SPEC A2
    """

    indicator: str
    part: str
    weight: float
    as_written: float


@dataclass(frozen=True)
class Scorecard:
    """One post, one table: the lines for a zone, a post category and perhaps a county.

    Clause: SPEC A2
    """

    zone: str
    category: str
    county: str
    lines: tuple[Line, ...]
    parts: Mapping[str, str]
    reason: str
    provenance: Provenance


@dataclass(frozen=True)
class Node:
    """An inner node of a composite index: children with weights, and the mean that joins them.

    Clause: SPEC A9
    """

    code: str
    name: str
    name_en: str
    children: tuple[tuple[str, float], ...]
    mean: Mean = "arithmetic"
    power: float = 1.0
    minimum_present: float = 0.0


@dataclass(frozen=True)
class Stratum:
    """A declared part of a panel group, averaged first.

    Clause: NORMS X3
    """

    code: str
    name: str
    name_en: str
    weight: float


@dataclass(frozen=True)
class PanelGroup:
    """A group of raters: its weight, side, least number of valid marks, trimming, shrinkage.

    Clause: SPEC B1
    ``indicators`` empty means that the group's marks count on every panel indicator. ``outside``:
    most points that a group without a weight adds or takes outside the hundred (NORMS X1).
    """

    code: str
    name: str
    name_en: str
    side: Side
    weight: float
    as_written: float
    minimum: int
    strata: tuple[Stratum, ...]
    trim: float
    prior: float | None
    strength: float
    instrument: str
    indicators: tuple[str, ...]
    provenance: Provenance
    outside: float = 0.0


@dataclass(frozen=True)
class Instrument:
    """A scale on which marks are given, mapped linearly onto 0-100.

    Clause: NORMS X5
    """

    code: str
    name: str
    name_en: str
    lowest: float
    highest: float
    provenance: Provenance


@dataclass(frozen=True)
class Comparison:
    """How officials are grouped, ranked and shown.

    Clause: SPEC A3
    """

    keys: tuple[str, ...]
    least: int
    step: float
    provenance: Provenance


@dataclass(frozen=True)
class Grade:
    """One of the four statutory grades: least points, and the largest share of a group it may take.

    Clause: SPEC I
    """

    code: str
    name: str
    name_en: str
    least: float
    quota: float | None
    provenance: Provenance


@dataclass(frozen=True)
class Name:
    """A word of the vocabulary in both languages; ``family`` groups themes, ``kind`` types units.

    Clause: SPEC A1
    """

    zh: str
    en: str
    family: str = ""
    kind: str = ""


@dataclass(frozen=True)
class Index:
    """A composite index: its nodes bottom-up, the total last.

    Clause: SPEC A9
    ``step`` is the step at which its values are published, None where nothing is said.
    """

    code: str
    name: str
    name_en: str
    nodes: tuple[Node, ...]
    step: float | None
    provenance: Provenance


@dataclass(frozen=True)
class Panel:
    """A preset of the panel: its groups with weights, as written and out of 100.

    Clause: SPEC B1, NORMS X1
    ``outside`` holds groups that only add or deduct up to so many points outside the hundred.
    """

    code: str
    name: str
    name_en: str
    groups: tuple[PanelGroup, ...]
    outside: Mapping[str, float]
    total: float
    provenance: Provenance


@dataclass(frozen=True)
class Weight:
    """The weight of one side of the panel: as written, of how much, and in percent.

    Clause: NORMS X2
    """

    as_written: float
    of: float
    percent: float


@dataclass(frozen=True)
class Modifier:
    """A factor on the points of one part of the scorecard.

    Clause: NORMS X23
    """

    code: str
    name: str
    name_en: str
    part: str
    rule: str
    provenance: Provenance


@dataclass(frozen=True)
class Tuning:
    """What a county changes in one table, in points of weight, and why.

    Clause: SPEC A2
    """

    code: str
    name: str
    name_en: str
    county: str
    zone: str
    category: str
    change: Mapping[str, float]
    reason: str
    provenance: Provenance


@dataclass(frozen=True)
class Holidays:
    """One year's notice of days off and make-up working days.

    Clause: NORMS X51
    """

    year: int
    name: str
    off: Mapping[str, tuple[date, ...]]
    make_up: tuple[date, ...]
    provenance: Provenance


@dataclass(frozen=True)
class Claim:
    """What the document says of its own figures, and whether they bear it out.

    Clause: NORMS X2
    """

    code: str
    name: str
    name_en: str
    left: str
    relation: str
    right: str
    left_value: float
    right_value: float
    holds: bool
    provenance: Provenance
