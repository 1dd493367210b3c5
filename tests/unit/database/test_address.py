"""Where the database is: any external server by its address, and where the program keeps its data."""

from pathlib import Path

import pytest

from hengjian.database import data_folder, database_url, django_database
from hengjian.terms.errors import Refused


def test_external_server_wins_and_nothing_is_started(tmp_path: Path) -> None:
    given = "postgresql://hj:secret@db.example:5433/assess?sslmode=require"
    with database_url({"DATABASE_URL": given}, tmp_path / "unused") as url:
        assert url == given
    assert not (tmp_path / "unused").exists()


def test_address_becomes_djangos_entry() -> None:
    entry = django_database("postgresql://hj:p%40ss@db.example:5433/assess?sslmode=require")
    assert entry["NAME"] == "assess"
    assert (entry["USER"], entry["PASSWORD"]) == ("hj", "p@ss")
    assert (entry["HOST"], entry["PORT"]) == ("db.example", "5433")
    assert entry["OPTIONS"] == {"sslmode": "require", "connect_timeout": "10"}
    given = django_database("postgresql://db.example/assess?connect_timeout=3")
    assert given["OPTIONS"] == {"connect_timeout": "3"}


@pytest.mark.parametrize("wrong", ["mysql://a/b", "postgresql://a:b:c/d?x", "nonsense"])
def test_what_is_no_address_of_postgresql_is_refused(wrong: str) -> None:
    with pytest.raises(Refused) as fault:
        django_database(wrong)
    assert fault.value.code == "database.url"


def test_data_folder_is_given_or_ones_own(monkeypatch: pytest.MonkeyPatch) -> None:
    assert data_folder({"HENGJIAN_DATA": "/srv/hj"}) == Path("/srv/hj")
    monkeypatch.setattr("os.geteuid", lambda: 0)
    assert data_folder({}) == Path("/var/lib/hengjian")
    monkeypatch.setattr("os.geteuid", lambda: 1000)
    assert data_folder({"XDG_DATA_HOME": "/home/w/.data"}) == Path("/home/w/.data/hengjian")
    assert data_folder({}) == Path.home() / ".local/share/hengjian"
