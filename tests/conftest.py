"""What all tests share: a throw-away server for those that ask for a database.

Django's settings read DATABASE_URL when they load, so the address is fixed first; the server itself
starts when the first test asks for the database.
"""

import os
import shutil
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.conf import settings
from django.utils import translation

from hengjian.database import EmbeddedServer

ROOT = Path(__file__).resolve().parent.parent
FOLDER = Path(tempfile.mkdtemp(prefix="hengjian-tests-"))
FOLDER.chmod(0o711)  # root's server runs as another account and must come through
QUICK = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}
SERVER = EmbeddedServer(FOLDER, QUICK)
OUTSIDE = os.environ.get("DATABASE_URL", "")

os.environ["HENGJIAN_DATA"] = str(FOLDER)
os.environ["HENGJIAN_SECRET_KEY"] = "a secret for tests only, never used to serve anything"
os.environ["DATABASE_URL"] = OUTSIDE or SERVER.url
os.environ["DJANGO_SETTINGS_MODULE"] = "hengjian.config.settings"
settings.DATABASES  # noqa: B018 (loads them now; named in pyproject.toml they would load before this file)


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_setupnodes() -> None:
    """Processes that share the tests (``-n 2``) begin as this one did: each with a server of its own."""
    for name in ("DJANGO_SETTINGS_MODULE", "DATABASE_URL"):
        os.environ.pop(name)
    if OUTSIDE:
        os.environ["DATABASE_URL"] = OUTSIDE


@pytest.fixture(scope="session")
def django_db_modify_db_settings(django_db_modify_db_settings_parallel_suffix: None) -> Iterator[None]:
    """Start the server before pytest-django makes the test database."""
    if OUTSIDE:
        yield
        return
    with SERVER:
        yield


def pytest_unconfigure() -> None:
    """Remove the throw-away data folder."""
    SERVER.stop()
    shutil.rmtree(FOLDER, ignore_errors=True)


@pytest.fixture(scope="session")
def root() -> Path:
    """The tree's root."""
    return ROOT


@pytest.fixture(scope="session")
def real_data() -> Path:
    """The folder of real data; the test is skipped where it is absent."""
    folder = Path(os.environ.get("HENGJIAN_REAL_DATA", ROOT.parent / "shared" / "data"))
    if not folder.is_dir():
        pytest.skip(f"真实数据不在 · no real data at {folder}")
    return folder


DEEPEST = sys.getrecursionlimit()


def pytest_runtest_setup() -> None:
    """Each test starts with Python's own limit and in the settings' language.

    py-evm raises the limit so far that deep JSON ends the process; a request answered in English leaves
    its thread in English.
    """
    sys.setrecursionlimit(DEEPEST)
    translation.deactivate()
