"""Logs: one JSON line an event on standard error; no person, no secret, whatever a program hands in.

Not what fields are called decides, but what is in them. What passes: fields of a list, small numbers, words
of a program (ASCII, short, not a key). What others write (Django, libraries) passes as its template
without what was put in; of an exception its types and places, never its message, which may quote a row.
"""

import logging.config
import re
import traceback
from typing import Any

import structlog

WITHHELD = "…"
PLAIN = frozenset({"event", "level", "timestamp", "logger", "exception"})
# what may be said beside an event: codes, counts and numbers of our own rows
FIELDS = frozenset(
    {
        "account", "by", "code", "count", "done", "duty", "error", "form", "kind", "method", "outcome",
        "persons", "places", "provider", "route", "rows", "seat", "seconds", "size", "status", "step",
        "table", "tables", "verb",
    }
)  # fmt: skip
OURS = "hengjian"
_WORD = re.compile(r"[A-Za-z_][A-Za-z0-9_:\-]{0,39}(\.py)?")
_KEY = re.compile(r"(?=.*[0-9])(?=.*[A-Za-z])[A-Za-z0-9_\-]{10,}|[0-9]{7,}")
LARGEST = 1_000_000
Event = structlog.typing.EventDict


def plain(value: object) -> object:
    """The value if it cannot say who somebody is or open anything, else a sign that it was withheld."""
    if value is None or isinstance(value, bool | float):
        return value
    if isinstance(value, int):
        return value if abs(value) < LARGEST else WITHHELD
    if isinstance(value, str) and _WORD.fullmatch(value) and not _KEY.search(value):
        return value
    return WITHHELD


def withhold(_logger: object, _method: str, event: Event) -> Event:
    """Leave what passes; a field that is not on the list keeps its name only when that is a plain word."""
    made: dict[str, Any] = {}
    for key, value in event.items():
        if key in PLAIN or key.startswith("_") or key in {"exc_info", "stack_info"}:
            made[key] = value
        else:
            made[key] = plain(value) if key in FIELDS else WITHHELD
    return made


def bare(_logger: object, _method: str, event: Event) -> Event:
    """A record of Python's own logging as its template; what was put in only from us and only if plain."""
    record: logging.LogRecord = event["_record"]
    ours = record.name == OURS or record.name.startswith(f"{OURS}.")
    said = str(record.msg) if isinstance(record.msg, str) else WITHHELD
    given = event.pop("positional_args", ())
    args = given if ours and isinstance(given, tuple) else ()
    try:
        event["event"] = said % tuple(plain(one) for one in args) if args else said
    except (TypeError, ValueError):  # a template of numbers that were withheld
        event["event"] = said
    event["logger"] = record.name
    request = getattr(record, "request", None)
    match = getattr(request, "resolver_match", None)
    if match is not None:
        event["route"] = str(match.view_name).rpartition(":")[2]
    if isinstance(status := getattr(record, "status_code", None), int):
        event["status"] = status
    return event


def places(_logger: object, _method: str, event: Event) -> Event:
    """An exception as types and places: a message may quote what somebody typed, or a row of the database."""
    info = event.pop("exc_info", None)
    event.pop("stack_info", None)
    if info is True:
        info = structlog.processors._figure_out_exc_info(info)
    fault = info[1] if isinstance(info, tuple) else info
    if isinstance(fault, BaseException):
        event["exception"] = trail(fault)
    return event


def trail(fault: BaseException) -> str:
    """The types of an exception and of its causes, each with the places that it passed."""
    parts, seen = [], set[int]()
    one: BaseException | None = fault
    while one is not None and id(one) not in seen:
        seen.add(id(one))
        frames = traceback.extract_tb(one.__traceback__)
        where = " < ".join(f"{frame.name} {frame.filename}:{frame.lineno}" for frame in reversed(frames))
        parts.append(f"{type(one).__qualname__} at {where}" if where else type(one).__qualname__)
        one = one.__cause__ or one.__context__
    return " from ".join(parts)


def configure_logs(*, debug: bool = False) -> None:
    """Set up structlog and send Python's own loggers through it."""
    before: list[structlog.typing.Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
    ]
    render: structlog.typing.Processor = (
        structlog.dev.ConsoleRenderer() if debug else structlog.processors.JSONRenderer(ensure_ascii=False)
    )
    structlog.configure(
        processors=[*before, withhold, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=True,
    )
    logging.config.dictConfig(
        {
            "version": 1,
            "disable_existing_loggers": False,
            "formatters": {
                "line": {
                    "()": structlog.stdlib.ProcessorFormatter,
                    "processors": [
                        places,
                        structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                        render,
                    ],
                    "foreign_pre_chain": [*before, bare, withhold],
                    "pass_foreign_args": True,
                    "use_get_message": False,
                }
            },
            "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "line"}},
            "root": {"handlers": ["stderr"], "level": "WARNING"},
            "loggers": {"hengjian": {"level": "DEBUG" if debug else "INFO"}},
        }
    )
