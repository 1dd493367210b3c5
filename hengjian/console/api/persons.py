"""Persons in an answer: a ticket with the key's purpose first, then as much of them as the key may show.

Clause: SPEC F4
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from django.utils.translation import gettext as _

from hengjian.access import permissions, tickets
from hengjian.access.masking import Field, Grade, grade
from hengjian.access.purposes import Purpose
from hengjian.access.queries import roles_in_force
from hengjian.access.roles import READERS, Role
from hengjian.access.tickets import Intent, View
from hengjian.console import laws
from hengjian.console.rights import today
from hengjian.exchange.models import AccessKey
from hengjian.exchange.queries import narrowed
from hengjian.roster.persons import clear_names, masked_names
from hengjian.terms.errors import NotPermitted


@dataclass(frozen=True)
class Seen:
    """The persons of one answer; ``ticket`` is the code of its look."""

    names: dict[str, str]
    roles: frozenset[Role]
    clear: bool
    ticket: str

    def may(self, field: Field) -> bool:
        """Whether this field is shown."""
        return grade(self.roles & set(READERS), field, ticket=self.clear) is Grade.CLEAR

    def person(
        self, number: str, title: str, organisation: str, since: date | None = None
    ) -> dict[str, object]:
        """One person as the key sees him: what is hidden is empty, a name that is hidden is the number."""
        named = grade(self.roles & set(READERS), Field.NAME, ticket=self.clear) is not Grade.HIDDEN
        return {
            "official": number,
            "name": self.names.get(number, "") if named else "",
            "title": title if self.may(Field.TITLE) else "",
            "organisation": organisation if self.may(Field.ORGANISATION) else "",
            "since": since if self.may(Field.SINCE) else None,
        }


def scopes(key: AccessKey, power: str) -> tuple[str, ...]:
    """The organisations that both the account's grants and the key reach. Raises: NotPermitted."""
    held = permissions.check_scopes(key.account, today(), power)
    found = narrowed(held, key.organisation)
    if not found:
        raise NotPermitted(
            _("密钥限定的机构不在账号的授权之内"), do=_("请由安全管理员核对"), code="exchange.reach"
        )
    return found


def covers(reached: Iterable[str], path: str) -> bool:
    """Whether one of the organisations is this one or stands above it."""
    return any(one in {"", path} or path.startswith(f"{one}/") for one in reached)


def seen(key: AccessKey, officials: Iterable[str], view: View) -> Seen:
    """Write the look down, then read what the key may show. Raises: NotPermitted."""
    wanted, account, code, names = sorted(set(officials)), key.account, "", None
    if wanted:
        intent = Intent(Purpose(key.purpose), key.note or key.title, minutes=laws.look_minutes(today()))
        permit = tickets.issue(account, wanted, intent, view, on=today())
        code = permit.code
        names = _clear(permit) if key.names else None
    return Seen(
        names=masked_names(account, wanted) if names is None else names,
        roles=roles_in_force(account, today()),
        clear=names is not None,
        ticket=code,
    )


def _clear(permit: tickets.Permit) -> dict[str, str] | None:
    """In clear when the database accepts the ticket; nothing otherwise, and the answer is masked."""
    try:
        return clear_names(permit)
    except NotPermitted:
        return None
