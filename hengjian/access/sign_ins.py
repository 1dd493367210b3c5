"""Sign-ins: begun, used, ended here or from elsewhere. The rows stay; the sessions behind them go."""

from datetime import datetime, timedelta

from django.conf import settings
from django.db import transaction
from django.db.models import QuerySet
from django.utils.module_loading import import_string

from hengjian.access.models import SignIn, User
from hengjian.access.ways import Ended, Method
from hengjian.terms.errors import Refused

KINDS = (
    ("MicroMessenger", "微信"), ("Edg", "Edge"), ("Firefox", "Firefox"), ("Chrome", "Chrome"),
    ("Safari", "Safari"),
)  # fmt: skip
SYSTEMS = (
    ("HarmonyOS", "HarmonyOS"), ("Android", "Android"), ("iPhone", "iPhone"), ("iPad", "iPad"),
    ("Windows", "Windows"), ("Mac OS", "macOS"), ("UOS", "UOS"), ("Kylin", "Kylin"), ("Linux", "Linux"),
)  # fmt: skip


def device_of(agent: str) -> str:
    """The kind of browser and of system: enough to know the own one again, not to know a machine."""
    found = (next((name for mark, name in kinds if mark in agent), "") for kinds in (KINDS, SYSTEMS))
    return " · ".join(name for name in found if name)


def begin(user: User, session_key: str, method: Method, device: str, now: datetime) -> SignIn:
    """Note a sign-in; one that had this session before is over."""
    with transaction.atomic():
        end(SignIn.objects.filter(session_key=session_key), Ended.LEFT, now)
        return SignIn.objects.create(
            user=user, session_key=session_key, method=method, device=device, started_at=now, seen_at=now
        )


def moved(before: str, after: str, now: datetime) -> None:
    """The session has got a new key: the sign-in goes with it, unless another one began there."""
    if SignIn.objects.filter(session_key=after).exists():
        end(SignIn.objects.filter(session_key=before), Ended.LEFT, now)
    else:
        SignIn.objects.filter(session_key=before).update(session_key=after)


def seen(session_key: str, now: datetime) -> None:
    """Note that the sign-in is in use."""
    SignIn.objects.filter(session_key=session_key, seen_at__lt=now).update(seen_at=now)


def end(sign_ins: QuerySet[SignIn], why: Ended, now: datetime) -> int:
    """End these sign-ins: their sessions are gone at once, on every device."""
    keys = list(sign_ins.exclude(session_key="").values_list("session_key", flat=True))
    store = import_string(f"{settings.SESSION_ENGINE}.SessionStore")
    for key in keys:
        store(key).delete()
    return SignIn.objects.filter(session_key__in=keys).update(session_key="", ended_at=now, ended_why=why)


def open_of(user: User, now: datetime) -> QuerySet[SignIn]:
    """The sign-ins of this account that are still good."""
    since = now - timedelta(minutes=settings.SESSION_LONGEST_MINUTES)
    idle = now - timedelta(minutes=settings.SESSION_IDLE_MINUTES)
    return SignIn.objects.filter(user=user, ended_at__isnull=True, started_at__gt=since, seen_at__gt=idle)


def end_one(user: User, number: int, now: datetime) -> None:
    """Sign out there: only of the own account."""
    if not end(SignIn.objects.filter(user=user, pk=number, ended_at__isnull=True), Ended.ELSEWHERE, now):
        raise Refused("没有这个登录会话，或它已经结束", do="请刷新页面核对", code="access.no_sign_in")


def end_others(user: User, here: str, now: datetime) -> int:
    """Sign out everywhere but here."""
    still = SignIn.objects.filter(user=user, ended_at__isnull=True).exclude(session_key=here)
    return end(still, Ended.ELSEWHERE, now)


def end_all(user: User, now: datetime) -> int:
    """Put somebody out, as an administrator does."""
    return end(SignIn.objects.filter(user=user, ended_at__isnull=True), Ended.PUT_OUT, now)


def sweep(now: datetime) -> int:
    """End what has timed out, whether or not its browser ever comes back."""
    since = now - timedelta(minutes=settings.SESSION_LONGEST_MINUTES)
    idle = now - timedelta(minutes=settings.SESSION_IDLE_MINUTES)
    still = SignIn.objects.filter(ended_at__isnull=True)
    return end(still.filter(started_at__lte=since), Ended.LONG, now) + end(
        still.filter(seen_at__lte=idle), Ended.IDLE, now
    )
