"""What every page of the console says to the browser about safety, and how a refusal is shown."""

from collections.abc import Callable

from django.core.exceptions import BadRequest
from django.http import HttpRequest, HttpResponse

from hengjian.console.entrance.single import origins
from hengjian.console.views.errors import refusal
from hengjian.terms.errors import HengjianError

CONTENT_SECURITY_POLICY = "; ".join(
    [
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "img-src 'self' data:",
        "font-src 'self'",
        "connect-src 'self'",
        "form-action 'self'",
        "frame-ancestors 'none'",
        "base-uri 'none'",
    ]
)


# no page uses any of these; passkeys are the exception
PERMISSIONS_POLICY = ", ".join(
    [
        *(
            f"{one}=()"
            for one in ("camera", "geolocation", "microphone", "payment", "usb", "display-capture")
        ),
        "publickey-credentials-get=(self)",
        "publickey-credentials-create=(self)",
    ]
)
LARGEST_BODY = 60 * 1024 * 1024  # the largest table that a room takes is 50 MB


class ConsoleMiddleware:
    """Adds the content security policy; turns an error of ours into a page that says what to do."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if _too_large(request):
            return HttpResponse(status=413)
        _check_text(request)
        response = self.get_response(request)
        response.headers.setdefault("Content-Security-Policy", _policy(request))
        response.headers.setdefault("Referrer-Policy", "same-origin")
        response.headers.setdefault("Permissions-Policy", PERMISSIONS_POLICY)
        response.headers.setdefault("Cross-Origin-Resource-Policy", "same-origin")
        if getattr(request, "user", None) is not None and request.user.is_authenticated:
            response.headers.setdefault("Cache-Control", "private, no-store")
        return response

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        if isinstance(exception, HengjianError):
            return refusal(request, exception)
        return None


def _too_large(request: HttpRequest) -> bool:
    """Refused by what it announces, before anything of it is kept; a body without a length is not taken."""
    try:
        return int(request.META.get("CONTENT_LENGTH") or 0) > LARGEST_BODY
    except ValueError:
        return True


def _check_text(request: HttpRequest) -> None:
    """PostgreSQL stores no NUL: what holds one is refused before anything looks for it or stores it."""
    fields = (
        value for given in (request.GET, request.POST) for _key, found in given.lists() for value in found
    )
    if "\0" in request.path_info or any("\0" in value for value in fields):
        raise BadRequest("NUL in a request")


def _policy(request: HttpRequest) -> str:
    """The policy; from the sign-in page a form may also lead to the providers of single sign-on."""
    match = request.resolver_match
    if match is None or match.url_name not in {"account_login", "sign-in"}:
        return CONTENT_SECURITY_POLICY
    return CONTENT_SECURITY_POLICY.replace("form-action 'self'", " ".join(["form-action 'self'", *origins()]))
