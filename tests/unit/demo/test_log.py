"""The demonstration's log: three witnesses on this machine, said to be synthetic wherever they show."""

import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from django.db import transaction

from hengjian.demo import log
from hengjian.notary.folder import in_data_folder, load_key, make_key
from hengjian.notary.models import WitnessState
from hengjian.notary.running import Notary, Setup
from hengjian.notary.trusting import read_trust

NOW = datetime(2026, 7, 12, 19, tzinfo=UTC)
pytestmark = pytest.mark.django_db


def turned(data: Path) -> set[str]:
    """One turn of the log; who cosigned what it published."""
    from hengjian.access.operations import create_user, grant
    from hengjian.access.roles import Role

    with transaction.atomic():
        user = create_user(f"u{time.monotonic_ns()}", "某", now=NOW)
        grant(user, Role.AUDITOR, on=NOW.date(), by=None, reason="按文件")
    folder = in_data_folder(data)
    signer = load_key(folder)
    running = Notary(Setup(folder, [signer], read_trust(folder.trust, signer), timedelta(hours=24)), NOW)
    try:
        return set(running.turn(NOW).cosigned)
    finally:
        running.close()


def test_all_three_cosign_and_say_that_they_are_synthetic(tmp_path: Path) -> None:
    log.prepare(tmp_path)
    with log.witnesses(tmp_path, time.time):
        cosigned = turned(tmp_path)
    assert cosigned == {f"synthetic-{name}" for name in log.WITNESSES}
    assert all(name.startswith("synthetic") for name in WitnessState.objects.values_list("name", flat=True))
    assert in_data_folder(tmp_path).public.joinpath("checkpoint").read_text().startswith("synthetic.")


def test_it_is_prepared_once_and_goes_on_after_a_restart(tmp_path: Path) -> None:
    log.prepare(tmp_path)
    before = in_data_folder(tmp_path).trust.read_bytes()
    with log.witnesses(tmp_path, time.time):
        assert turned(tmp_path)
    log.prepare(tmp_path)
    assert in_data_folder(tmp_path).trust.read_bytes() == before
    with log.witnesses(tmp_path, time.time):
        assert len(turned(tmp_path)) == 3


def test_a_log_that_somebody_set_up_himself_is_left_alone(tmp_path: Path) -> None:
    folder = in_data_folder(tmp_path)
    make_key(folder, "log.example/real")
    folder.trust.write_text("mine\n")
    log.prepare(tmp_path)
    assert folder.trust.read_text() == "mine\n"
    assert not (tmp_path / "demo").exists()
    with log.witnesses(tmp_path, time.time):  # and nothing is served for it
        pass
