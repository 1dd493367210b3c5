"""Proofs out of the database: right for every leaf, from few rows, and honest about what is not there."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from hengjian.notary import queries, storage
from hengjian.notary.models import Commitment, Salt
from hengjian.proof.commitments import Entry, commitment
from hengjian.proof.evidence import TlogProof
from hengjian.proof.tree import leaf_hash, verify_inclusion
from tests.unit.notary.town import AT, Town

pytestmark = pytest.mark.django_db


def test_every_entry_has_a_proof_that_the_policy_accepts(town: Town) -> None:
    notary = town.start()
    for more in (1, 3, 250, 300):
        town.append(more)
        notary.turn(AT)
    for kept in Commitment.objects.all()[::7]:
        found = queries.proof_of(kept.kind, kept.key)
        assert found is not None
        accepted = TlogProof.parse(found.file).verify(found.entry, town.setup.trust)
        assert accepted.checkpoint.size == 554
        assert len(accepted.cosigned) == 3
        salt = bytes(Salt.objects.get(pk=kept.pk).salt)
        assert (
            Entry.parse(found.entry).commitment
            == commitment(salt, b"content")
            == commitment(found.salt, b"content")
        )


def test_no_proof_before_it_is_published(town: Town) -> None:
    notary = town.start()
    town.append(1)
    assert queries.proof_of("test.note", "0") is None
    assert queries.pending() == 1
    notary.sequencer.step(AT)
    assert queries.leaf_of("test.note", "0") == 0
    assert queries.proof_of("test.note", "0") is None  # numbered, not yet published
    notary.turn(AT)
    assert queries.proof_of("test.note", "0") is not None
    assert queries.proof_of("test.note", "nobody") is None


def test_witnesses_long_away_leave_the_last_cosigned_head_to_prove_by(town: Town) -> None:
    notary = town.start()
    town.append(2)
    notary.turn(AT)
    for office in town.offices:
        office.shut()
    for _more in range(queries.NEWEST + 2):
        town.append(1)
        notary.turn(AT)
    found = queries.proof_of("test.note", "0")
    assert found is not None
    assert town.setup.trust.satisfied(found.proof.checkpoint)
    late = queries.proof_of("test.note", "9")
    assert late is not None
    assert not town.setup.trust.satisfied(late.proof.checkpoint)


def test_no_evidence_goes_out_that_the_trust_file_would_refuse(
    town: Town, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    from hengjian.access.operations import create_user, grant
    from hengjian.access.roles import Role
    from hengjian.cli import run

    @contextmanager
    def ready(**_more: object) -> Iterator[None]:
        yield None

    monkeypatch.setattr("hengjian.cli.session.django_ready", ready)
    monkeypatch.setenv("HENGJIAN_DATA", str(tmp_path))
    notary = town.start()
    for office in town.offices[1:]:
        office.shut()
    held = grant(create_user("u", "某", now=AT), Role.AUDITOR, on=AT.date(), by=None, reason="按文件")
    notary.turn(AT)
    ask = ["prove", "access.grant", str(held.pk), "-o", str(tmp_path / "out")]
    assert run(ask) == 2
    assert "prove.not_yet" in capsys.readouterr().err
    assert not list((tmp_path / "out").iterdir())
    town.offices[1].open()
    notary.turn(AT + timedelta(minutes=2))
    assert run(ask) == 0
    assert len(list((tmp_path / "out").iterdir())) == 2


def test_a_proof_reads_few_tiles(town: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    notary = town.start()
    town.append(70_000)
    while queries.pending():
        notary.sequencer.step(AT)
    read = []
    plain = storage.tiles
    monkeypatch.setattr(storage, "tiles", lambda names: read.append(list(names)) or plain(read[-1]))
    root = notary.sequencer.edge.root()
    for index in (0, 255, 256, 65_535, 65_536, 69_999):
        read.clear()
        path = queries.path_of(index, 70_000)
        assert len(read) == 1
        assert len(read[0]) <= 6  # tiles of 8 KiB, of 70,000 entries
        number = Commitment.objects.order_by("id").values_list("entry", flat=True)[index]
        verify_inclusion(index, 70_000, leaf_hash(bytes(number)), root, path)
    with CaptureQueriesContext(
        connection,
    ) as seen:
        queries.leaf_of("test.note", "5")
    assert len(seen) == 2
