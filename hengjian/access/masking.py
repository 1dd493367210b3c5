"""Grades of masking: what each role sees of a person without a ticket, field by field.

Clause: SPEC F4

With a ticket that covers the person, whoever may read results sees every field. The person concerned
sees the own fields always. A row that is not in the table is hidden. Scores and workings are not
fields of this table: without the fields below they stand under a number, not under a person.

The name is masked by the database (function ``hengjian_masked_names``): the program never holds it in clear
without a ticket. The other fields come from the frozen facts and are masked here.
"""

from collections.abc import Iterable
from enum import Enum, IntEnum

from hengjian.access.roles import READERS, Role

BLANK = "＊＊"


class Field(Enum):
    """What identifies a person on a page."""

    NAME = "name"
    TITLE = "title"
    ORGANISATION = "organisation"
    SINCE = "since"
    NUMBER = "number"


class Grade(IntEnum):
    """How much of a field is seen; the greater the more."""

    HIDDEN = 0
    SURNAME = 1
    CLEAR = 2


_OFFICE = {
    Field.NAME: Grade.SURNAME,
    Field.TITLE: Grade.CLEAR,
    Field.ORGANISATION: Grade.CLEAR,
    Field.SINCE: Grade.CLEAR,
    Field.NUMBER: Grade.CLEAR,
}
_READER = {**dict.fromkeys(Field, Grade.HIDDEN), Field.NUMBER: Grade.CLEAR}
WITHOUT_TICKET: dict[Role, dict[Field, Grade]] = {
    **dict.fromkeys(Role, dict.fromkeys(Field, Grade.HIDDEN)),
    **dict.fromkeys(READERS, _READER),
    Role.OFFICE: _OFFICE,
}


def grade(roles: Iterable[Role], field: Field, *, ticket: bool = False, own: bool = False) -> Grade:
    """How much of a field these roles see; of several roles the one that sees most counts.

    Clause: SPEC F4
    """
    held = set(roles)
    if own or (ticket and not held.isdisjoint(READERS)):
        return Grade.CLEAR
    return max((WITHOUT_TICKET[role].get(field, Grade.HIDDEN) for role in held), default=Grade.HIDDEN)
