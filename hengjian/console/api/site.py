"""The whole interface: events of systems of record, and what a key reads."""

from typing import Any

from hengjian.console.api.events import api
from hengjian.console.api.reads import router

api.add_router("", router)


def document() -> dict[str, Any]:
    """The OpenAPI document."""
    return api.get_openapi_schema(path_prefix="/api/v1/")


__all__ = ["api", "document"]
