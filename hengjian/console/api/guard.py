"""Who may come in, how often and with how much: before a body is read."""

import time
from collections.abc import Callable
from typing import Any

from django.core.cache import cache
from django.db import connection, transaction
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext as _
from ninja.params.functions import Header
from ninja.security import HttpBearer

from hengjian.exchange.models import AccessKey, Part
from hengjian.exchange.operations import check_part, key_of
from hengjian.ratings.invitations.models import RecordSystem
from hengjian.ratings.invitations.systems import system_of
from hengjian.terms.errors import Refused

LARGEST = 2 * 1024 * 1024
A_MINUTE = 60.0
MOST_A_MINUTE = 120  # requests of one system, whatever process takes them


class TooLarge(Refused):
    """A body beyond what one delivery may hold."""


class TooOften(Refused):
    """More requests than a system may make."""


class NotJson(Refused):
    """Another content type."""


class Window:
    """How many requests of each system came within the last minute, to all processes of the console.

    The moments stand in the database's cache, as those of sign-ins do; an advisory lock lets one request
    of a system at a time read and write them, so that two processes at once count two.
    """

    def __init__(self, most: int = MOST_A_MINUTE, clock: Callable[[], float] = time.time) -> None:
        self._most, self._clock = most, clock

    def check(self, name: str) -> None:
        """Count one more. Raises: TooOften."""
        place = f"hengjian.api:{name}"
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", [place])
            now = self._clock()
            seen = [at for at in cache.get(place, ()) if now - A_MINUTE < at <= now]
            full = len(seen) >= self._most
            if not full:
                cache.set(place, [*seen, now], A_MINUTE)
        if full:
            raise TooOften(_("请求过于频繁"), do=_("请一分钟后再试"), code="api.often")


class SystemAuth(HttpBearer):
    """The key of a system of record, as ``Authorization: Bearer hjs_…``."""

    def __init__(self, window: Window | None = None) -> None:
        super().__init__()
        self.window = window or Window()

    def authenticate(self, request: HttpRequest, token: str) -> RecordSystem:
        """The system whose key it is. Raises: KeyUnknown, TooOften, TooLarge, NotJson."""
        system = system_of(token.strip()[:200])
        self.window.check(system.code)
        _check_body(request)
        return system


KEYS = Window()
Idempotency = Header(..., alias="Idempotency-Key", min_length=8, max_length=80, pattern=r"^[A-Za-z0-9_.:-]+$")


class KeyAuth(HttpBearer):
    """A key of the interface, as ``Authorization: Bearer hja_…``, given for one part at least."""

    def __init__(self, part: Part, *, writes: bool = False) -> None:
        super().__init__()
        self.part, self.writes = part, writes

    def authenticate(self, request: HttpRequest, token: str) -> AccessKey:
        """The living key. Raises: AccessKeyUnknown, TooOften, NotPermitted for another part; for a write
        TooLarge, NotJson.
        """
        key = key_of(token.strip()[:200], timezone.now())
        KEYS.check(f"key:{key.pk}")
        check_part(key, self.part)
        if self.writes:
            _check_body(request)
        return key


def _check_body(request: HttpRequest) -> None:
    if int(request.META.get("CONTENT_LENGTH") or 0) > LARGEST:
        raise TooLarge(_("一次报送超过 %s MB") % (LARGEST // 1024**2), do=_("请分批报送"), code="api.large")
    if request.method == "POST" and request.content_type != "application/json":
        raise NotJson(_("内容须为 application/json"), do=_("请改 Content-Type"), code="api.content_type")


def headers(fault: Exception) -> dict[str, Any]:
    """Headers that belong to a fault."""
    return {"Retry-After": "60"} if isinstance(fault, TooOften) else {}
