"""A page that only reads asks once what is granted to its reader."""

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse

from hengjian.access.queries import one_read

READING = {"GET", "HEAD"}


class OneReadMiddleware:
    """Holds the grants for the time of a reading request; a deed is asked about anew each time."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if request.method not in READING:
            return self.get_response(request)
        with one_read():
            return self.get_response(request)
