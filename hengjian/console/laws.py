"""Policies as the pages read them: which there are, and how two of them differ."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from pathlib import Path
from time import monotonic
from typing import Any

from django.utils.translation import gettext as _

from hengjian.access.tickets import MINUTES
from hengjian.console.writing import named, setting
from hengjian.policy import Policy, PolicyFolder, load, shipped
from hengjian.terms.errors import PolicyError, Refused

KEPT = 8
LOOK_MINUTES = "privacy.look_minutes"


@lru_cache(maxsize=KEPT)
def _loaded(path: Path, _newest: float) -> PolicyFolder:
    return load(path)


def _folder(path: Path) -> PolicyFolder:
    """A folder, read once until one of its files changes; that is looked for once a second."""
    return _loaded(path, _newest(path, int(monotonic())))


@lru_cache(maxsize=KEPT)
def _newest(path: Path, _second: int) -> float:
    return max((file.stat().st_mtime for file in path.rglob("*.yaml")), default=0.0)


def files_of(policy_id: str) -> PolicyFolder:
    """A shipped policy's files, read once until one of them changes."""
    return _folder(shipped()[policy_id])


def all_policies(on: date) -> list[Policy]:
    """The policies that are in force on a day."""
    return list(_in_force(on))


def _in_force(on: date) -> Iterator[Policy]:
    for path in shipped().values():
        try:
            yield _folder(path).in_force(on)
        except PolicyError as error:
            if error.code != "policy.not_in_force":
                raise


def look_minutes(on: date) -> int:
    """How long a purpose of looking serves: the shortest of the policies in force, else the usual."""
    given = [one.parameters[LOOK_MINUTES].value for one in all_policies(on) if LOOK_MINUTES in one.parameters]
    return min((value for value in given if isinstance(value, int)), default=MINUTES)


def titles() -> dict[str, str]:
    """Every shipped policy's title by its name, in force today or not."""
    return {name: named(_folder(path).library.sound_manifest) for name, path in shipped().items()}


def one_policy(policy_id: str, on: date) -> Policy:
    """One policy on a day. Refused when there is none of this id."""
    found = next((policy for policy in all_policies(on) if policy.id == policy_id), None)
    if found is None:
        raise Refused(_("没有这套制度"), where=policy_id, do=_("请从制度清单进入"), code="console.no_policy")
    return found


@dataclass(frozen=True)
class Row:
    """One thing under two policies."""

    name: str
    old: float | None
    new: float | None

    @property
    def change(self) -> float:
        """New less old; what one of them lacks counts as nothing here."""
        return (self.new or 0.0) - (self.old or 0.0)


@dataclass(frozen=True)
class Sides:
    """The panel's weight by side, in percent."""

    official: float | None
    public: float | None


@dataclass(frozen=True)
class Difference:
    """A parameter that differs, or that only one of two policies has (the other side is empty)."""

    name: str
    unit: str
    old: str
    new: str
    clause: str


def names_of_codes(on: date) -> dict[str, str]:
    """Names of indicators, panel groups, strata and units, by code and by Chinese name."""
    names: dict[str, str] = {}
    for policy in all_policies(on):
        groups = [group for panel in policy.panels.values() for group in panel.groups]
        strata = [stratum for group in groups for stratum in group.strata]
        known: list[Any] = [*policy.indicators.values(), *groups, *strata, *policy.instruments.values()]
        for one in known:
            names[one.code] = names[one.name] = named(one)
        names |= {symbol: named(unit) for symbol, unit in policy.units.items()}
        names |= {part.zh: named(part) for part in policy.parts.values()}
    return names


def sides(policy: Policy) -> Sides:
    """Official against public share; nothing where no panel judges."""
    if not policy.groups:
        return Sides(None, None)
    return Sides(policy.official_share().percent, policy.public_share().percent)


def theme_rows(old: Policy, new: Policy) -> list[Row]:
    """Weight by theme under both, the heaviest of the old one first."""
    left, right = old.theme_weights(), new.theme_weights()
    names = {**new.themes, **old.themes}
    codes = sorted({*left, *right}, key=lambda code: (-left.get(code, 0.0), -right.get(code, 0.0), code))
    return [Row(named(names[code]), left.get(code), right.get(code)) for code in codes]


def family_rows(old: Policy, new: Policy) -> list[Row]:
    """Weight by family of themes under both."""
    left, right = old.family_weights(), new.family_weights()
    names = {**new.families, **old.families}
    return [
        Row(named(names[code]), left.get(code), right.get(code))
        for code in names
        if left.get(code) or right.get(code)
    ]


def parameter_rows(old: Policy, new: Policy) -> list[Difference]:
    """The parameters that differ."""
    rows = []
    for key in sorted({*old.parameters, *new.parameters}):
        left, right = old.parameters.get(key), new.parameters.get(key)
        known = right or left
        if known is None or (left and right and left.value == right.value):
            continue
        rows.append(
            Difference(
                name=named(known),
                unit=named((new if right else old).units.get(known.unit, known.unit)),
                old=setting(old, left) if left else "",
                new=setting(new, right) if right else "",
                clause=known.provenance.clause,
            )
        )
    return rows
