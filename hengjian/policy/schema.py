"""What may stand in a policy file, theme by theme. Anything else is refused.

The first folder of a file's path decides what its entries are (:data:`KINDS`); every other folder
holds plain parameters. A file maps codes to entries; each entry says whose rule it is and dates
its versions: ``values`` or ``versions``, a day mapped to what applies from then on, null to end.
"""

import re
from datetime import date
from typing import Annotated, Any, Generic, Literal, TypeVar

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, model_validator

Mean = Literal["arithmetic", "geometric", "harmonic", "power", "copeland"]
MethodName = Literal[
    "identity", "minmax", "scaled", "goalposts", "zscore", "percentile_rank", "rank", "borda",
    "distance_to_target", "distance_to_maximum", "distance_to_reference", "fraction_of_maximum",
    "completion", "band_steps", "band_linear",
]  # fmt: skip


def _day(value: Any) -> date:
    if isinstance(value, date):
        return value
    if not isinstance(value, str) or len(value) != 10 or value[4] != "-" or value[7] != "-":
        raise ValueError("day")
    try:
        return date.fromisoformat(value)
    except ValueError:
        raise ValueError("day") from None


_WIDE = "\u2014\u2018-\u201d\u2026\u3000-\u303f\u3400-\u9fff\uff00-\uffef"
_FOLDED = re.compile(rf"(?<=[{_WIDE}])\s+(?=[{_WIDE}])|(?<=[，。；：、）”])\s+|\s+(?=[，。；：、（“])")


def _text(value: Any) -> Any:
    """Chinese lines folded by YAML carry no space where they were folded."""
    return _FOLDED.sub("", value.strip()) if isinstance(value, str) else value


Day = Annotated[date, BeforeValidator(_day)]
Text = Annotated[str, BeforeValidator(_text), Field(min_length=1)]
Prose = Annotated[str, BeforeValidator(_text)]
Number = Annotated[float, Field(allow_inf_nan=False)]
Positive = Annotated[float, Field(gt=0, allow_inf_nan=False)]
Share = Annotated[float, Field(ge=0, le=100, allow_inf_nan=False)]
Count = Annotated[int, Field(ge=0)]


class Strict(BaseModel):
    """Refuses unknown keys and silent conversions.

    Clause: SPEC A8
    """

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)


class Entry(Strict):
    """What every entry says about itself.

    Clause: SPEC A1
    """

    name: Text
    name_en: Text
    clause: Text
    owner: Text
    reading: Prose = ""
    as_written: Prose = ""


class Version(Strict):
    """What a version may say differently about its origin.

    Clause: SPEC A7
    """

    clause: str = ""
    reading: Prose = ""
    as_written: Prose = ""


V = TypeVar("V", bound=Version)


class Dated(Entry, Generic[V]):
    """An entry whose content is dated.

    Clause: SPEC A7
    """

    versions: dict[Day, V | None] = Field(min_length=1)


class DatedValue(Version):
    """A parameter's value with a clause or reading of its own.

    Clause: SPEC A7
    """

    value: Any


class ParameterEntry(Entry):
    """A dated value.

    Clause: SPEC A7
    """

    unit: Text
    values: dict[Day, Any] = Field(min_length=1)
    options: list[Text] = Field(default_factory=list)


class SourceSpec(Strict):
    """Where an indicator's value comes from."""

    kind: Literal["panel", "metric", "cases"]
    metric: str = ""
    feed: str = ""
    measures: dict[Literal["on_time", "closed", "not_reopened", "satisfied"], Positive] = Field(
        default_factory=dict
    )

    @model_validator(mode="after")
    def _complete(self) -> "SourceSpec":
        needed = {"panel": (), "metric": ("metric",), "cases": ("feed", "measures")}[self.kind]
        for key in ("metric", "feed", "measures"):
            if bool(getattr(self, key)) != (key in needed):
                raise ValueError(f"source:{self.kind}:{'、'.join(needed) or '无'}")
        return self


class NormalisationSpec(Strict):
    """How values become points; keys are those of the engine's plan."""

    method: MethodName
    scale: list[Number] = Field(default_factory=lambda: [0.0, 100.0], min_length=2, max_length=2)
    floor: Number | None = None
    cap: Number | None = None
    low: Number | None = None
    high: Number | None = None
    ln: bool = False
    target: Number | None = None
    mean: Number | None = None
    spread: Positive | None = None
    bands: list[Annotated[list[Number], Field(min_length=2, max_length=2)]] = Field(default_factory=list)
    raw: bool = False
    within_group: bool = False
    constant: Number | None = None

    @model_validator(mode="after")
    def _complete(self) -> "NormalisationSpec":
        ends = self.method in {"scaled", "goalposts"}
        if ends and (self.low is None or self.high is None or self.low >= self.high):
            raise ValueError("ends")
        if self.ln and ends and (self.low or 0) <= 0:
            raise ValueError("ln")
        banded = self.method in {"band_steps", "band_linear"}
        values = [pair[0] for pair in self.bands]
        if banded and (not values or values != sorted(set(values))):
            raise ValueError("bands")
        if self.floor is not None and self.cap is not None and self.floor > self.cap:
            raise ValueError("floor")
        return self


class DenominateSpec(Strict):
    """Divide by another metric of the same unit."""

    by: Text
    factor: Positive = 1.0


class ImputeSpec(Strict):
    """How a gap is filled before treatment."""

    method: Literal["none", "mean", "median", "constant"]
    value: Number | None = None
    within: str = ""


class TreatSpec(Strict):
    """How outliers are treated."""

    method: Literal["none", "winsorise", "limits", "ln"]
    skew: Positive = 2.0
    kurtosis: Positive = 3.5
    points: Count = 5
    then_ln: bool = True
    low: Number | None = None
    high: Number | None = None
    shift: Number = 0.0
    within: str = ""


class StepsSpec(Strict):
    """Declared steps before normalisation."""

    denominate: DenominateSpec | None = None
    impute: ImputeSpec | None = None
    treat: TreatSpec | None = None


class IndicatorVersion(Version):
    """An indicator as it applies from a day on."""

    part: Text
    theme: Text
    virtue: Text
    definition: Text
    unit: Text
    direction: Literal["more", "less"]
    frequency: Literal["month", "quarter", "half_year", "year", "event"]
    source: SourceSpec
    normalisation: NormalisationSpec
    missing: Literal["reweight", "carry_forward", "fail", "neutral"]
    neutral: Share | None = None
    steps: StepsSpec = Field(default_factory=StepsSpec)
    longterm: bool = False

    @model_validator(mode="after")
    def _neutral(self) -> "IndicatorVersion":
        if (self.missing == "neutral") != (self.neutral is not None):
            raise ValueError("neutral")
        return self


class ScorecardVersion(Version):
    """Weights of a post's table, part by part."""

    weights: dict[str, dict[str, Positive]] = Field(min_length=1)
    normalise: bool = False
    reason: Prose = ""


class ScorecardEntry(Dated[ScorecardVersion]):
    """The table of the posts in a zone and category; ``any`` stands for all of them."""

    zone: Text
    category: Text


class TuningVersion(Version):
    """What a county changes, in points of weight."""

    change: dict[str, Number] = Field(min_length=1)


class TuningEntry(Dated[TuningVersion]):
    """A county's own tuning of one table (一县一策)."""

    county: Text
    zone: Text
    category: Text
    reason: Text


class PanelVersion(Version):
    """Which groups judge, with what weight."""

    weights: dict[str, Positive] = Field(min_length=1)
    normalise: bool = False
    outside: dict[str, Positive] = Field(default_factory=dict)


class StratumSpec(Strict):
    """A part of a group that is averaged first."""

    name: Text
    name_en: Text
    weight: Positive


class ShrinkSpec(Strict):
    """Draw small samples towards a prior."""

    prior: Share
    strength: Positive


class GroupVersion(Version):
    """How a group's marks are taken."""

    side: Literal["official", "public"]
    instrument: Text
    minimum: Count
    trim: Annotated[float, Field(ge=0, lt=50)] = 0.0
    shrink: ShrinkSpec | None = None
    strata: dict[str, StratumSpec] = Field(default_factory=dict)
    indicators: Literal["all"] | list[Text] = "all"


class InstrumentVersion(Version):
    """The ends of a scale and, if they have names, its levels."""

    lowest: Number
    highest: Number
    levels: dict[str, Number] = Field(default_factory=dict)


class ComparisonVersion(Version):
    """Who is compared with whom, and how finely."""

    keys: list[Literal["zone", "level", "category", "county", "organisation"]]
    least: Annotated[int, Field(ge=1)]
    step: Positive


class GradeVersion(Version):
    """Least points and largest share of a comparable group, in percent."""

    least: Share
    quota: Share | None = None


class ModifierVersion(Version):
    """A factor on the points of one part."""

    part: Text
    rule: Literal["debt_excess"]


class NodeSpec(Strict):
    """One node of an index."""

    name: Text
    name_en: Text
    children: dict[str, Positive] = Field(min_length=1)
    mean: Mean = "arithmetic"
    power: Number = 1.0
    minimum_present: Annotated[float, Field(ge=0, le=1)] = 0.0


class IndexVersion(Version):
    """The nodes of a composite index; the one that is nobody's child is the total."""

    nodes: dict[str, NodeSpec] = Field(min_length=1)
    step: Positive | None = None
    total: Positive | None = None
    rounding: Number = 0.0


class HolidayEntry(Entry):
    """A year's notice of days off and make-up working days."""

    year: Annotated[int, Field(ge=2000, le=2100)]
    off: dict[str, list[Text]] = Field(min_length=1)
    make_up: list[Text] = Field(default_factory=list)


class WordEntry(Strict):
    """A name in the vocabulary."""

    name: Text
    name_en: Text
    family: str = ""
    kind: Literal["number", "count", "text", "flag", "list"] = "number"


class ClaimEntry(Entry):
    """Something that the document says about its own figures, to be checked."""

    left: Text
    relation: Literal["above", "below", "equals"]
    right: Text | Number


class ManifestSpec(Strict):
    """policy.yaml: which policy this is."""

    id: Annotated[str, Field(pattern=r"^[a-z][a-z0-9_-]*$")]
    title: Text
    title_en: Text
    clause: Text
    owner: Text
    place: str = ""
    about: str = ""


KINDS: dict[str, type[Strict]] = {
    "indicators": Dated[IndicatorVersion],
    "scorecards": ScorecardEntry,
    "counties": TuningEntry,
    "panels": Dated[PanelVersion],
    "groups": Dated[GroupVersion],
    "instruments": Dated[InstrumentVersion],
    "comparison": Dated[ComparisonVersion],
    "grades": Dated[GradeVersion],
    "modifiers": Dated[ModifierVersion],
    "index": Dated[IndexVersion],
    "calendar": HolidayEntry,
    "claims": ClaimEntry,
    "vocabulary": WordEntry,
}
PARAMETER = "parameters"
