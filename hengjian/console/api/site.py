"""The whole interface: events of systems of record, what a key reads and hands in."""

from typing import Any

from hengjian.console.api.events import api
from hengjian.console.api.reads import router as reads
from hengjian.console.api.writes import router as writes

api.add_router("", reads)
api.add_router("", writes)


def document() -> dict[str, Any]:
    """The OpenAPI document."""
    return api.get_openapi_schema(path_prefix="/api/v1/")


__all__ = ["api", "document"]
