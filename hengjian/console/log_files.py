"""The log's public folder at /log/: for everybody, without a session, nothing but what a log consists of.

Trusted: no. A reader checks every byte against the signed checkpoint. Names are taken apart by the
parser of the format, never joined as they come, so nothing else on the disk can be asked for.
"""

from collections.abc import Callable, Iterator
from pathlib import Path

from django.conf import settings
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.http.response import HttpResponseBase

from hengjian.notary import publication
from hengjian.notary.folder import in_data_folder
from hengjian.proof.errors import ProofError
from hengjian.proof.tiles import CHECKPOINT, WIDTH, parse_path, resources

PREFIX = "/log/"
LIST = "files.txt"
TEXT = "text/plain; charset=utf-8"
BYTES = "application/octet-stream"
NEVER_CHANGES = "public, max-age=31536000, immutable"
WHILE_IT_GROWS = "public, max-age=3600"  # a partial tile's bytes stand, until the full one replaces it
ASK_AGAIN = "no-cache"
TEXTS = (CHECKPOINT, "vkey", "trust")


class LogFilesMiddleware:
    """Answers below /log/ before sessions and languages come in."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        if not request.path_info.startswith(PREFIX):
            return self.get_response(request)
        answer = _answer(request, request.path_info.removeprefix(PREFIX))
        answer.headers["Access-Control-Allow-Origin"] = "*"
        answer.headers["Content-Security-Policy"] = "default-src 'none'"
        return answer


def _answer(request: HttpRequest, name: str) -> HttpResponseBase:
    if request.method not in ("GET", "HEAD"):
        return HttpResponse(status=405, headers={"Allow": "GET, HEAD"})
    known = _known(name)
    if known is None:
        return _absent()
    kind, cache = known
    if name == LIST:
        return StreamingHttpResponse(_list(request), headers={"Content-Type": kind, "Cache-Control": cache})
    try:
        data = (_public() / name).read_bytes()
    except OSError:
        return _absent()
    return HttpResponse(data, content_type=kind, headers={"Cache-Control": cache})


def _absent() -> HttpResponse:
    return HttpResponse(
        "not found\n", status=404, headers={"Content-Type": TEXT, "Cache-Control": "no-store"}
    )


def _known(name: str) -> tuple[str, str] | None:
    """Type and caching of a resource of the log; None for every other name."""
    if name in (*TEXTS, LIST):
        return TEXT, ASK_AGAIN
    try:
        full = parse_path(name).width == WIDTH
    except ProofError:
        return None
    return BYTES, NEVER_CHANGES if full else WHILE_IT_GROWS


def _list(request: HttpRequest) -> Iterator[str]:
    """The address of every file of the log as it is published now: for a download as a whole."""
    size = publication.published_size(in_data_folder(settings.DATA))
    names = (CHECKPOINT, *(one.path for one in resources(size)))
    for name in names:
        yield request.build_absolute_uri(f"{PREFIX}{name}") + "\n"


def _public() -> Path:
    return in_data_folder(settings.DATA).public
