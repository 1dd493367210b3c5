"""One town for all tests of a file: both processes run, over real HTTP, under their narrow accounts."""

import secrets
from collections.abc import Iterator
from pathlib import Path

import pytest

from hengjian.proof.blind_keys import SecretKey


@pytest.fixture(scope="session")
def template(django_db_setup: None, django_db_blocker) -> Iterator[str]:
    """A migrated, empty database to copy; the journeys have one each."""
    import psycopg
    from django.db import connection

    from tests.unit.invitations.conftest import reachable

    with django_db_blocker.unblock():
        base, name = connection.settings_dict["NAME"], f"kiosk_template_{secrets.token_hex(4)}"
        connection.close()
        with psycopg.connect(dbname="postgres", autocommit=True, **reachable()) as admin:
            admin.execute(f"CREATE DATABASE {name} TEMPLATE {base}")
        yield name
        with psycopg.connect(dbname="postgres", autocommit=True, **reachable()) as admin:
            admin.execute(f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture(scope="session")
def keys() -> list[SecretKey]:
    return [SecretKey.generated(bits=2048) for _ in range(4)]


@pytest.fixture(scope="module")
def running(
    template: str, keys: list[SecretKey], tmp_path_factory: pytest.TempPathFactory, django_db_blocker
) -> Iterator:
    """Both processes; they stay while the tests of a file run."""
    from tests.unit.kiosk import running

    folder: Path = tmp_path_factory.mktemp("kiosk")
    folder.chmod(0o755)
    with django_db_blocker.unblock(), running.town(template, folder / "data", keys) as made:
        yield made


@pytest.fixture
def closing() -> Iterator[None]:
    """Beside a browser Django keeps other connections than without; none may stay open."""
    yield
    from django.db import connections

    connections.close_all()


@pytest.fixture
def town(closing: None, db: None, running) -> Iterator:
    """The town, with this test's own connection inside."""
    from tests.unit.kiosk.running import inside

    with inside(running.name):
        yield running
