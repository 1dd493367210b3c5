"""Names of persons, read under the reading role: masked, or in clear by a ticket.

Clause: SPEC F4

The database answers, not this module: without a committed, unexpired ticket of this viewer that names
the person it gives no name in clear, and it gives nothing of persons beyond the viewer's reach.
"""

from collections.abc import Iterable

from django.db import DatabaseError
from django.utils.translation import gettext as _
from psycopg.errors import InsufficientPrivilege

from hengjian.access.models import User
from hengjian.access.row_security import reading
from hengjian.access.tickets import Permit
from hengjian.terms.errors import NotPermitted


def masked_names(viewer: User, officials: Iterable[str]) -> dict[str, str]:
    """Names by number, all but the first character masked, of those within the viewer's reach."""
    with reading(viewer) as cursor:
        cursor.execute("SELECT code, name FROM hengjian_masked_names(%s::text[])", [list(officials)])
        return dict(cursor.fetchall())


def clear_names(permit: Permit) -> dict[str, str]:
    """Names by number of the persons of a ticket within the viewer's reach.

    Raises: NotPermitted when the database refuses the ticket.
    """
    try:
        with reading(permit.viewer) as cursor:
            cursor.execute("SELECT code, name FROM hengjian_clear_names(%s)", [permit.secret])
            return dict(cursor.fetchall())
    except DatabaseError as fault:
        if isinstance(fault.__cause__, InsufficientPrivilege):
            raise NotPermitted(
                _("数据库拒绝：没有有效的查询凭据"), do=_("请重新选择查看目的"), code="access.ticket"
            ) from fault
        raise
