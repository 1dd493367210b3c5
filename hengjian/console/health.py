"""For watchers, without a session: /healthz (this process lives), /readyz (it can serve), /metrics.

None of them says anything of a person, and no live number of marks, ratings or log entries: such a number
is one of yesterday's low marks (decisions 0013, 0016). /metrics needs the token of HENGJIAN_METRICS_TOKEN
and is not there without one.
"""

import shutil
from collections.abc import Callable, Iterator
from hmac import compare_digest

from django.conf import settings
from django.db import DatabaseError, connection
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from prometheus_client import CollectorRegistry
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.exposition import CONTENT_TYPE_LATEST, generate_latest

from hengjian.clockwork.duties import DUTIES
from hengjian.clockwork.queries import healths
from hengjian.database.declared import missing_steps
from hengjian.notary import queries

PLAIN = "text/plain; charset=utf-8"


class HealthMiddleware:
    """Answers before sessions, languages and the forwarding to HTTPS come in."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        answer = PATHS.get(request.path_info)
        if answer is None:
            return self.get_response(request)
        if request.method not in ("GET", "HEAD"):
            return HttpResponse(status=405, headers={"Allow": "GET, HEAD"})
        made = answer(request)
        made.headers["Cache-Control"] = "no-store"
        made.headers["Content-Security-Policy"] = "default-src 'none'"
        return made


def _lives(_request: HttpRequest) -> HttpResponse:
    return HttpResponse("ok\n", content_type=PLAIN)


def _ready(_request: HttpRequest) -> HttpResponse:
    lacking = _lacking()
    return HttpResponse(f"{lacking or 'ready'}\n", content_type=PLAIN, status=503 if lacking else 200)


def _lacking() -> str:
    """What keeps this process from serving, in one word; empty when nothing does."""
    try:
        return "migrations" if missing_steps(connection) else ""
    except DatabaseError:
        connection.close()
        return "database"


def _metrics(request: HttpRequest) -> HttpResponse:
    token = settings.METRICS_TOKEN
    given = request.headers.get("Authorization", "").removeprefix("Bearer ")
    if not token:
        return HttpResponse(status=404)
    if not compare_digest(given.encode(), token.encode()):
        return HttpResponse(status=401, headers={"WWW-Authenticate": "Bearer"})
    registry = CollectorRegistry()
    registry.register(_System())
    return HttpResponse(generate_latest(registry), content_type=CONTENT_TYPE_LATEST)


class _System:
    """The state of the machine and of what runs on it, as it is when asked."""

    def collect(self) -> Iterator[Metric]:
        """Gauges without a person and without a count of what people did."""
        yield _gauge(
            "hengjian_disk_free_bytes", "Room in the data folder.", shutil.disk_usage(settings.DATA).free
        )
        lacking = _lacking()
        yield _gauge("hengjian_ready", "1 when pages can be served.", 0 if lacking else 1)
        if not lacking:
            yield from _running()


def _running() -> Iterator[Metric]:
    moment = timezone.now()
    age = GaugeMetricFamily("hengjian_duty_age_seconds", "Since the duty was last done.", labels=["duty"])
    failures = GaugeMetricFamily("hengjian_duty_failures", "Failed runs since.", labels=["duty"])
    for one in healths(duty.name for duty in DUTIES):
        if one.done is not None:
            age.add_metric([one.duty], (moment - one.done.began_at).total_seconds())
        failures.add_metric([one.duty], one.failures)
    yield age
    yield failures
    head = queries.heads().first()
    if head is not None:
        yield _gauge("hengjian_log_head_age_seconds", "Since the log's last head.",
                     (moment - head.at).total_seconds())  # fmt: skip
    yield _gauge("hengjian_log_alarms", "Open alarms of the log.", queries.alarms(open_only=True).count())


def _gauge(name: str, text: str, value: float) -> Metric:
    return GaugeMetricFamily(name, text, value=value)


PATHS: dict[str, Callable[[HttpRequest], HttpResponse]] = {
    "/healthz": _lives,
    "/readyz": _ready,
    "/metrics": _metrics,
}
