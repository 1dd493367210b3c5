"""What a policy says on one day, ready to be asked."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date
from functools import cached_property
from typing import Any

from hengjian.policy.errors import nearest
from hengjian.policy.model import (
    Claim,
    Comparison,
    Grade,
    Holidays,
    Index,
    Indicator,
    Instrument,
    Line,
    Modifier,
    Name,
    Node,
    Panel,
    PanelGroup,
    Parameter,
    Provenance,
    Scorecard,
    Tuning,
    Weight,
)
from hengjian.terms.calendar import WorkCalendar
from hengjian.terms.errors import PolicyError

ANY = "any"
PRESET = "panel.preset"


@dataclass(frozen=True)
class Policy:
    """The rules in force on one day.

    Clause: SPEC A7
    """

    id: str
    title: str
    title_en: str
    on: date
    digest: str
    place: str
    about: str
    provenance: Provenance
    words: Mapping[str, Mapping[str, Name]]
    parameters: Mapping[str, Parameter]
    indicators: Mapping[str, Indicator]
    indices: Mapping[str, Index]
    tables: tuple[Scorecard, ...]
    tunings: tuple[Tuning, ...]
    panels: Mapping[str, Panel]
    members: Mapping[str, PanelGroup]
    instruments: Mapping[str, Instrument]
    comparisons: tuple[Comparison, ...]
    grades: tuple[Grade, ...]
    modifiers: tuple[Modifier, ...]
    holidays: tuple[Holidays, ...]
    claims: tuple[Claim, ...] = ()
    cases: Mapping[str, Any] | None = None

    @property
    def zones(self) -> Mapping[str, Name]:
        """Functional zones.

        Clause: SPEC A3
        """
        return self.words["zones"]

    @property
    def categories(self) -> Mapping[str, Name]:
        """Post categories.

        Clause: SPEC A4
        """
        return self.words["categories"]

    @property
    def levels(self) -> Mapping[str, Name]:
        """Levels of organisations.

        Clause: SPEC A3
        """
        return self.words["levels"]

    @property
    def themes(self) -> Mapping[str, Name]:
        """Themes of indicators, each with its family.

        Clause: SPEC A1
        """
        return self.words["themes"]

    @property
    def families(self) -> Mapping[str, Name]:
        """Families of themes.

        Clause: SPEC A1
        """
        return self.words["families"]

    @property
    def virtues(self) -> Mapping[str, Name]:
        """The five statutory sides of an official: 德能勤绩廉.

        Clause: SPEC I
        """
        return self.words["virtues"]

    @property
    def parts(self) -> Mapping[str, Name]:
        """Parts of a scorecard.

        Clause: SPEC A2
        """
        return self.words["parts"]

    @property
    def units(self) -> Mapping[str, Name]:
        """Units by their symbol.

        Clause: SPEC A1
        """
        return self.words["units"]

    def param(self, key: str) -> Parameter:
        """One dated value.

        Clause: SPEC A7
        Raises: PolicyError when the policy has no such parameter on this day.
        """
        if key not in self.parameters:
            raise self._without("parameter", f"参数 {key}", nearest(key, self.parameters))
        return self.parameters[key]

    def number(self, key: str) -> float:
        """A parameter's value as a number.

        Clause: SPEC A7
        Raises: PolicyError when it is not one.
        """
        value = self.param(key).value
        if isinstance(value, bool) or not isinstance(value, int | float):
            raise self._without("parameter_kind", f"数值参数 {key}", "该参数不是数字")
        return float(value)

    @property
    def comparison(self) -> Comparison:
        """How officials are grouped and ranked.

        Clause: SPEC A3
        Raises: PolicyError when the policy says nothing about it.
        """
        if not self.comparisons:
            raise self._without("comparison", "可比组规定", "请补充 comparison/")
        return self.comparisons[0]

    @property
    def panel(self) -> Panel:
        """The preset of the panel that applies: ``panel.preset``, or the only one.

        Clause: NORMS X1
        """
        if PRESET in self.parameters:
            return self.panels[str(self.parameters[PRESET].value)]
        if len(self.panels) != 1:
            raise self._without("panel", "唯一的评价主体预设", "请写参数 panel.preset")
        return next(iter(self.panels.values()))

    @property
    def groups(self) -> tuple[PanelGroup, ...]:
        """Who judges: groups with weights, then those outside the hundred; empty when nobody does.

        Clause: SPEC B1, NORMS X1
        """
        if not self.panels:
            return ()
        panel = self.panel
        outside = (
            replace(self.members[code], outside=points, provenance=panel.provenance)
            for code, points in panel.outside.items()
        )
        return (*panel.groups, *outside)

    def with_panel(self, code: str) -> "Policy":
        """The same policy under another declared preset of the panel.

        Clause: NORMS X1
        """
        if code not in self.panels:
            raise self._without("panel", f"评价主体预设 {code}", nearest(code, self.panels))
        parameters = dict(self.parameters)
        if PRESET in parameters:
            parameters[PRESET] = replace(parameters[PRESET], value=code)
            return replace(self, parameters=parameters)
        return replace(self, panels={code: self.panels[code]})

    def scorecard(self, zone: str, category: str, county: str = "") -> Scorecard:
        """One post, one table, with the county's tuning if there is one.

        Clause: SPEC A2
        Raises: PolicyError when no table covers the post.
        """
        for table in self.tables:
            if table.zone in {ANY, zone} and table.category in {ANY, category}:
                return self._tuned(replace(table, zone=zone, category=category), county)
        raise self._without("scorecard", f"“{zone} × {category}”的计分表", "请补充 scorecards/")

    def _tuned(self, table: Scorecard, county: str) -> Scorecard:
        place = (county, table.zone, table.category)
        for tuning in self.tunings:
            if county and place == (tuning.county, tuning.zone, tuning.category):
                return _retune(table, tuning)
        return replace(table, county=county)

    def scorecards(self) -> tuple[Scorecard, ...]:
        """The table of every zone and category that has one, before counties' tuning.

        Clause: SPEC A2
        """
        return tuple(self._all_tables())

    def _all_tables(self) -> Iterator[Scorecard]:
        for zone in self.zones:
            for category in self.categories:
                if any(t.zone in {ANY, zone} and t.category in {ANY, category} for t in self.tables):
                    yield self.scorecard(zone, category)

    def index(self, code: str) -> tuple[Node, ...]:
        """The nodes of a composite index, bottom-up.

        Clause: SPEC A9
        Raises: PolicyError when there is no such index.
        """
        if code not in self.indices:
            raise self._without("index", f"指数 {code}", nearest(code, self.indices))
        return self.indices[code].nodes

    def official_share(self) -> Weight:
        """The weight of the official side of the panel.

        Clause: NORMS X2
        """
        return self._side("official")

    def public_share(self) -> Weight:
        """The weight of the public side of the panel.

        Clause: NORMS X2
        """
        return self._side("public")

    def _side(self, side: str) -> Weight:
        panel = self.panel
        written = sum(group.as_written for group in panel.groups if group.side == side)
        return Weight(written, panel.total, 100.0 * written / panel.total)

    def theme_weights(self, zone: str = "", category: str = "") -> Mapping[str, float]:
        """Weight by theme in percent: of one table, or the mean over all tables.

        Clause: SPEC A1
        """
        tables = [self.scorecard(zone, category)] if zone else list(self.scorecards())
        found = dict.fromkeys(self.themes, 0.0)
        for line in (line for table in tables for line in table.lines):
            found[self.indicators[line.indicator].theme] += line.weight / len(tables)
        return {theme: weight for theme, weight in found.items() if weight}

    def family_weights(self, zone: str = "", category: str = "") -> Mapping[str, float]:
        """Weight by family of themes, such as visible against latent achievements.

        Clause: SPEC A1
        """
        found = dict.fromkeys(self.families, 0.0)
        for theme, weight in self.theme_weights(zone, category).items():
            family = self.themes[theme].family
            found[family] = found.get(family, 0.0) + weight
        return found

    def calendar(self) -> WorkCalendar:
        """Days off and make-up days of all years whose notice the policy holds.

        Clause: NORMS X51
        """
        return self._calendar

    @cached_property
    def _calendar(self) -> WorkCalendar:
        return WorkCalendar(
            off=frozenset(day for h in self.holidays for days in h.off.values() for day in days),
            make_up=frozenset(day for h in self.holidays for day in h.make_up),
            years=frozenset(h.year for h in self.holidays),
        )

    def _without(self, code: str, thing: str, do: str) -> PolicyError:
        return PolicyError(f"制度包 {self.id} 在 {self.on} 没有{thing}", do=do, code=f"policy.no_{code}")


def _retune(table: Scorecard, tuning: Tuning) -> Scorecard:
    lines = tuple(
        replace(line, weight=line.weight + tuning.change.get(line.indicator, 0.0)) for line in table.lines
    )
    return replace(
        table,
        county=tuning.county,
        lines=tuple(_kept(lines)),
        reason=tuning.reason,
        provenance=tuning.provenance,
    )


def _kept(lines: tuple[Line, ...]) -> Iterator[Line]:
    return (line for line in lines if line.weight > 0)
