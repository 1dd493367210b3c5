"""The small city of this room's tests; imported late, when Django is ready."""

import pytest


@pytest.fixture
def city(db: None) -> None:
    """Two townships of the synthetic city with one open cycle."""
    from tests.unit.cycles.small_city import build

    build()
