"""Fresh proof of who one is before signing: by the second factor where there is one, else the password.

A sign-in is fresh proof for a while. After that the deed waits, the person proves itself again, and
the deed is done: nothing that was filled in is lost.
"""

from collections.abc import Callable
from functools import wraps
from typing import Any

from allauth.core.exceptions import ReauthenticationRequired
from allauth.mfa.models import Authenticator
from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.utils import timezone

PROVED = "hengjian_proved_at"
View = Callable[..., HttpResponse]


def note(request: HttpRequest) -> None:
    """Keep that the person has just shown who it is."""
    request.session[PROVED] = timezone.now().timestamp()


def is_fresh(request: HttpRequest) -> bool:
    """Whether the person showed who it is not long ago."""
    age = timezone.now().timestamp() - float(request.session.get(PROVED, 0))
    return 0 <= age < settings.FRESH_MINUTES * 60


def suffices(user: Any, method: str) -> bool:
    """Whether this way of proving oneself again is good enough for this account."""
    second = Authenticator.objects.filter(user_id=user.pk).exclude(type=Authenticator.Type.RECOVERY_CODES)
    return method == "mfa" or not second.exists()


def fresh_to_sign(view: View) -> View:
    """What this view does by POST needs fresh proof; reading does not."""

    @wraps(view)
    def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if request.method == "POST" and not is_fresh(request):
            raise ReauthenticationRequired
        return view(request, *args, **kwargs)

    guarded.needs_fresh_proof = True  # type: ignore[attr-defined]
    return guarded
