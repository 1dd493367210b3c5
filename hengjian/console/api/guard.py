"""Who may come in, how often and with how much: before a body is read."""

import threading
import time
from collections import deque
from typing import Any

from django.http import HttpRequest
from django.utils.translation import gettext as _
from ninja.security import HttpBearer

from hengjian.ratings.invitations.models import RecordSystem
from hengjian.ratings.invitations.systems import system_of
from hengjian.terms.errors import Refused

LARGEST = 2 * 1024 * 1024
A_MINUTE = 60.0
MOST_A_MINUTE = 120  # requests of one system to one process


class TooLarge(Refused):
    """A body beyond what one delivery may hold."""


class TooOften(Refused):
    """More requests than a system may make."""


class NotJson(Refused):
    """Another content type."""


class Window:
    """How many requests of each system came within the last minute, in this process."""

    def __init__(self, most: int = MOST_A_MINUTE) -> None:
        self._most, self._seen, self._lock = most, dict[str, deque[float]](), threading.Lock()

    def check(self, name: str) -> None:
        """Count one more. Raises: TooOften."""
        now = time.monotonic()
        with self._lock:
            seen = self._seen.setdefault(name, deque())
            while seen and seen[0] <= now - A_MINUTE:
                seen.popleft()
            if len(seen) >= self._most:
                raise TooOften(_("请求过于频繁"), do=_("请一分钟后再试"), code="api.often")
            seen.append(now)


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


def _check_body(request: HttpRequest) -> None:
    if int(request.META.get("CONTENT_LENGTH") or 0) > LARGEST:
        raise TooLarge(_("一次报送超过 %s MB") % (LARGEST // 1024**2), do=_("请分批报送"), code="api.large")
    if request.method == "POST" and request.content_type != "application/json":
        raise NotJson(_("内容须为 application/json"), do=_("请改 Content-Type"), code="api.content_type")


def headers(fault: Exception) -> dict[str, Any]:
    """Headers that belong to a fault."""
    return {"Retry-After": "60"} if isinstance(fault, TooOften) else {}
