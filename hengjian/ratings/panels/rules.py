"""What the policy says about drawing up a panel and about its forms, as this room's code asks for it."""

from dataclasses import dataclass
from functools import cached_property

from hengjian.policy.model import Indicator, Instrument, PanelGroup
from hengjian.policy.policy import Policy
from hengjian.ratings.panels.models import SELF, OutsiderKind
from hengjian.roster.queries import SeatRow
from hengjian.terms.canonical import digest_of

# what a source draws from, where it draws outsiders: their kind
OUTSIDERS = {
    "department": OutsiderKind.DEPARTMENT,
    "staff": OutsiderKind.STAFF,
    "delegates": OutsiderKind.DELEGATE,
    "service_users": OutsiderKind.SERVICE_USER,
    "institutions": OutsiderKind.INSTITUTION,
    "grid_workers": OutsiderKind.GRID_WORKER,
}
# sources of marks that come event by event: nobody is named beforehand
EVENTS = ("any_time", "verified_events")
# groups in the order in which somebody who could rate in two is drawn
ORDER = ("organisation_department", "superiors", "peers", "subordinates", "public", "third_party", "media")


@dataclass(frozen=True)
class Channel:
    """One group, or one stratum of it, and the sources that its raters come from."""

    group: str
    stratum: str
    sources: tuple[str, ...]

    @property
    def key(self) -> str:
        """The group, with its stratum after a stroke."""
        return f"{self.group}_{self.stratum}" if self.stratum else self.group


@dataclass(frozen=True)
class Question:
    """One indicator on a form, with its anchors in words."""

    code: str
    name: str
    definition: str
    anchors: tuple[str, ...]


@dataclass(frozen=True)
class PanelRules:
    """The policy in force, read for this room.

    Policy: drawing.superiors, drawing.most_moved, drawing.conflicting_ties, drawing.smallest_cell
    """

    policy: Policy

    def _list(self, key: str) -> tuple[str, ...]:
        value = self.policy.param(f"drawing.{key}").value
        return tuple(str(one) for one in value) if isinstance(value, (tuple, list)) else (str(value),)

    @cached_property
    def groups(self) -> dict[str, PanelGroup]:
        """Every group that the policy knows, those without a weight too."""
        weighed = {group.code: group for group in self.policy.groups}
        return {code: weighed.get(code, group) for code, group in self.policy.members.items()}

    @cached_property
    def channels(self) -> tuple[Channel, ...]:
        """Groups and strata in the order of drawing."""
        found = []
        for code in sorted(self.groups, key=lambda code: (*_place(code), code)):
            for stratum in [one.code for one in self.groups[code].strata] or [""]:
                key = f"drawing.{code}_{stratum}" if stratum else f"drawing.{code}"
                if key in self.policy.parameters:
                    found.append(Channel(code, stratum, self._list(key.removeprefix("drawing."))))
        return tuple(found)

    @cached_property
    def leading(self) -> frozenset[str]:
        """Post categories of a leading group."""
        return frozenset(self._list("leading_group"))

    @cached_property
    def signing(self) -> frozenset[str]:
        """Sources whose marks carry a name."""
        return frozenset(self._list("signed_sources"))

    @cached_property
    def conflicting(self) -> frozenset[str]:
        """Ties that keep a rater away."""
        return frozenset(self._list("conflicting_ties"))

    @property
    def most_moved(self) -> float:
        """Most points by which one person's mark may move a result."""
        return self.policy.number("drawing.most_moved")

    @property
    def least(self) -> int:
        """Fewest anonymous raters whose marks are used."""
        return int(self.policy.number("drawing.smallest_cell"))

    @property
    def link_days(self) -> int:
        """Days for which a link serves."""
        return int(self.policy.number("drawing.link_days"))

    @property
    def remind_days(self) -> int:
        """Days before the deadline on which reminders begin."""
        return int(self.policy.number("drawing.remind_days"))

    @property
    def seconds_step(self) -> int:
        """Seconds to which an anonymous sheet's time is rounded."""
        return int(60 * self.policy.number("drawing.seconds_step"))

    @property
    def declaration(self) -> str:
        """The words of a declaration of independence."""
        return str(self.policy.param("drawing.declaration").value)

    @cached_property
    def digest(self) -> str:
        """One digest over all that a round relies on: other rules may change while a round is open."""
        panel = {code: one for code, one in self.policy.indicators.items() if one.source.kind == "panel"}
        relied = {
            key: str(one.value)
            for key, one in self.policy.parameters.items()
            if key.startswith(("drawing.", "anchors."))
        }
        groups = {
            code: [
                one.side, str(one.weight), str(one.minimum), str(one.trim), str(one.prior), str(one.strength),
                one.instrument, *one.indicators, *(f"{s.code}={s.weight}" for s in one.strata),
            ]
            for code, one in self.groups.items()
        }  # fmt: skip
        scales = {code: f"{one.lowest}-{one.highest}" for code, one in self.policy.instruments.items()}
        cards = [
            [one.zone, one.category, one.county, *(x.indicator for x in one.lines if x.indicator in panel)]
            for one in self.policy.tables
        ]
        words = {code: [one.name, one.definition] for code, one in panel.items()}
        return digest_of([self.policy.id, relied, groups, scales, cards, words])

    def instrument(self, group: str) -> Instrument:
        """The scale on which a group marks; the own assessment uses the superiors' one."""
        return self.policy.instruments[self.groups["superiors" if group == SELF else group].instrument]

    def questions(self, seat: SeatRow, group: str) -> tuple[Question, ...]:
        """What a form about this seat asks of this group: the panel's indicators on the seat's scorecard.

        Clause: SPEC A2, SPEC B1
        """
        card = self.policy.scorecard(seat.zone, seat.category, seat.county)
        only = () if group == SELF else self.groups[group].indicators
        lines = [self.policy.indicators[line.indicator] for line in card.lines]
        asked = [one for one in lines if one.source.kind == "panel" and (not only or one.code in only)]
        return tuple(self._question(one) for one in asked)

    def _question(self, indicator: Indicator) -> Question:
        key = f"anchors.{indicator.code}"
        value = self.policy.param(key).value if key in self.policy.parameters else ()
        anchors = tuple(str(one) for one in value) if isinstance(value, (tuple, list)) else ()
        return Question(indicator.code, indicator.name, indicator.definition, anchors)


def _place(code: str) -> tuple[int]:
    return (ORDER.index(code) if code in ORDER else len(ORDER),)
