"""What the policy says about any-time ratings, read once."""

from dataclasses import dataclass
from datetime import date, timedelta
from functools import cached_property

from hengjian.policy.policy import Policy
from hengjian.terms.period import Period

PAUSE = "release_pause"  # policies from before have none


@dataclass(frozen=True)
class Tag:
    """One tag that a rater may choose."""

    code: str
    name: str
    name_en: str
    good: bool


@dataclass(frozen=True)
class Level:
    """One of the national five levels: the highest mark that falls under it."""

    to: int
    name: str
    name_en: str


@dataclass(frozen=True)
class Rules:
    """The policy's numbers. ``decimals`` of a released mean is no number of the policy: NORMS L5 fixes it."""

    tags: tuple[Tag, ...]
    comment_length: int
    cast_days: int
    amend_days: int
    least: int
    more: int
    days: int
    delay: int
    hold: int
    pause: int
    tag_least: int
    low_mark: int
    problem_marks: int
    levels: tuple[Level, ...] = ()
    decimals: int = 1

    @cached_property
    def codes(self) -> frozenset[str]:
        """The tags' codes."""
        return frozenset(tag.code for tag in self.tags)

    def waits_for_the_last(self, period: Period, day: date) -> bool:
        """Whether what comes now waits for the half-year's last release.

        Towards the end a batch of its own would leave the marks after it too few for another one. Once every
        ballot counts, all that waited comes out at once.
        Clause: NORMS L5, NORMS X12
        Policy: ratings.release_pause, ratings.cast_days, ratings.release_hold
        """
        opens = period.end + timedelta(days=self.cast_days + self.hold + 1)
        return period.end - timedelta(days=self.pause) < day < opens

    def whole_from(self, period: Period) -> date:
        """The day from which the releases of a half-year hold all that they will ever hold.

        The last day on which a ballot may come, the longest hold, the least days since the release before,
        the longest delay, and the night.
        Clause: NORMS L5, NORMS X12
        Policy: ratings.cast_days, ratings.release_hold, ratings.release_days, ratings.release_delay
        """
        return period.end + timedelta(days=self.cast_days + self.hold + self.days + self.delay + 1)


def rules_of(policy: Policy) -> Rules:
    """The rules of a policy in force.

    Clause: SPEC B2
    Raises: PolicyError when the policy lacks one.
    """

    def whole(key: str) -> int:
        return int(policy.number(f"ratings.{key}"))

    return Rules(
        tags=(*_tags(policy, "tags_good", good=True), *_tags(policy, "tags_bad", good=False)),
        comment_length=whole("comment_length"), cast_days=whole("cast_days"),
        amend_days=whole("amend_days"), least=whole("least_half_year"), more=whole("release_more"),
        days=whole("release_days"), delay=whole("release_delay"),
        hold=whole("release_hold"), pause=whole(PAUSE) if f"ratings.{PAUSE}" in policy.parameters else 0,
        tag_least=whole("tag_least"),
        low_mark=whole("low_mark"), problem_marks=whole("problem_marks"), levels=levels_of(policy),
    )  # fmt: skip


def _tags(policy: Policy, key: str, *, good: bool) -> tuple[Tag, ...]:
    value = policy.param(f"ratings.{key}").value
    lines = value if isinstance(value, tuple) else (str(value),)
    parts = [line.split(" ", 2) for line in lines]
    return tuple(Tag(code, name, name_en, good) for code, name, name_en in parts)


def levels_of(policy: Policy) -> tuple[Level, ...]:
    """The national five levels, the worst first.

    Clause: NORMS X5
    Policy: ratings.five_levels
    """
    value = policy.param("ratings.five_levels").value
    lines = value if isinstance(value, tuple) else (str(value),)
    return tuple(Level(int(to), name, name_en) for to, name, name_en in (one.split(" ", 2) for one in lines))
