"""The terms of the policy in force, and from which day back a class is due."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from hengjian.policy.policy import Policy

LAST_OF_ALL_MONTHS = 28


@dataclass(frozen=True)
class Term:
    """For how many months a class is kept, by which clause; 0: for as long as the installation stands."""

    months: int
    clause: str
    reading: str

    def before(self, on: date) -> date:
        """What ended before this day is due.

        Clause: SPEC T-I9
        """
        months = on.year * 12 + on.month - 1 - self.months
        return date(months // 12, months % 12 + 1, min(on.day, LAST_OF_ALL_MONTHS))


def terms_of(policy: Policy, names: tuple[str, ...]) -> Mapping[str, Term]:
    """The terms of these classes; a class that the policy does not name has none and is never due."""
    found = {}
    for name in names:
        number = policy.parameters.get(f"retention.{name}")
        if number is not None:
            found[name] = Term(int(str(number.value)), number.provenance.clause, number.provenance.reading)
    return found
