"""Logs: one JSON line an event on standard error; ids, never names."""

import logging.config

import structlog

WITHHELD = frozenset(
    {
        "name",
        "display_name",
        "username",
        "password",
        "identity",
        "phone",
        "mobile",
        "email",
        "address",
        "token",
        "cookie",
        "authorization",
    }
)


def withhold(_logger: object, _method: str, event: structlog.typing.EventDict) -> structlog.typing.EventDict:
    """Blank the fields that may say who somebody is."""
    return {key: "…" if key in WITHHELD else value for key, value in event.items()}


def configure_logs(*, debug: bool = False) -> None:
    """Set up structlog and send Python's own loggers through it."""
    before: list[structlog.typing.Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        withhold,
    ]
    render: structlog.typing.Processor = (
        structlog.dev.ConsoleRenderer() if debug else structlog.processors.JSONRenderer(ensure_ascii=False)
    )
    structlog.configure(
        processors=[*before, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
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
                        structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                        structlog.processors.format_exc_info,
                        render,
                    ],
                    "foreign_pre_chain": before,
                }
            },
            "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "line"}},
            "root": {"handlers": ["stderr"], "level": "WARNING"},
            "loggers": {"hengjian": {"level": "DEBUG" if debug else "INFO"}},
        }
    )
