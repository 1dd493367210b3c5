"""What the kiosk itself refuses, before a room is asked."""

from typing import ClassVar

from django.utils.translation import gettext as _

from hengjian.terms.errors import Refused


class Malformed(Refused):
    """A request that is none of ours; ``status`` is how HTTP says in what way."""

    def __init__(self, where: str, status: int = 422) -> None:
        super().__init__(_("请求格式不对"), where=where, do=_("请刷新页面后重试"), code="kiosk.malformed")
        self.status = status


class Unable(Refused):
    """Too much to do at this moment, or the database is away: nothing was done."""

    http_status: ClassVar[int] = 503


class SetupRefused(Refused):
    """The kiosk's file or its database account cannot be used."""
