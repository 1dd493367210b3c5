"""The town of the journeys through the rating page, and who walks there: at a phone, at a desk."""

import contextlib
import os
from collections.abc import Iterator
from typing import Any

import pytest

from tests.journey.raters import Rater
from tests.unit.kiosk.conftest import closing, keys, template, town
from tests.unit.kiosk.running import free_port

__all__ = ["PLATFORM", "beside_a_browser", "closing", "keys", "phone", "phone_with", "rater", "running",
           "template", "town"]  # fmt: skip

PLATFORM = free_port()


@pytest.fixture(scope="module")
def running(
    template: str, keys: Any, tmp_path_factory: pytest.TempPathFactory, django_db_blocker: Any
) -> Iterator[Any]:
    """Both processes; the city's platform may show the page in a frame."""
    from tests.unit.kiosk import running

    setup = f"embed: ['http://127.0.0.1:{PLATFORM}']\n"
    folder = tmp_path_factory.mktemp("kiosk")
    with django_db_blocker.unblock(), running.town(template, folder / "data", keys, setup) as made:
        yield made


@pytest.fixture(scope="module", autouse=True)
def beside_a_browser() -> Iterator[None]:
    """Playwright's loop runs in this thread; Django takes that for code that must not wait."""
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "1"
    yield
    del os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"]


@pytest.fixture(params=[360, 1440], ids=["phone", "desk"])
def rater(request: pytest.FixtureRequest, town: Any, chromium: Any) -> Iterator[Rater]:
    one = Rater(town, chromium, request.param)
    yield one
    one.close()


@pytest.fixture
def phone(town: Any, chromium: Any) -> Iterator[Rater]:
    one = Rater(town, chromium)
    yield one
    one.close()


@contextlib.contextmanager
def phone_with(town: Any, chromium: Any, script: str = "", **more: Any) -> Iterator[Rater]:
    one = Rater(town, chromium, **more)
    if script:
        one.context.add_init_script(script)
    yield one
    one.close()
