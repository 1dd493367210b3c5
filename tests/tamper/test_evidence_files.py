"""Evidence that leaves the house: it holds for anybody with the trust policy, and no changed byte passes."""

import json
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from django.db import connection

from hengjian.cli import reconcile
from hengjian.cli.verify_any import verify
from hengjian.cycles.bundles import complete_evidence, evidence_path
from hengjian.cycles.models import Publication
from hengjian.cycles.queries import logged_rows
from hengjian.notary import heads, publication
from hengjian.notary.errors import LogTampered, NotaryRefused
from hengjian.notary.evidence_files import opening_path, proof_path, write_evidence
from hengjian.notary.folder import Folder, NewWitness, make_key, write_trust
from hengjian.notary.holding import What
from hengjian.notary.models import Publication as Published
from hengjian.notary.operations import erase
from hengjian.notary.reconciliation import STEPS
from hengjian.notary.reconciliation import reconcile as run_reconciliation
from hengjian.notary.running import Setup, Turn
from hengjian.notary.sequencing import Sequencer
from hengjian.proof import trust
from hengjian.proof.cosignatures import Ed25519Cosigner
from tests.tamper.test_reconciliation import by_owner
from tests.unit.cycles.small_city import build, to_published

CYCLE = "t-2026-h1"
NOW = datetime(2026, 7, 12, 19, tzinfo=UTC)
WITNESSES = tuple(Ed25519Cosigner(f"witness{n}.example", bytes([n]) * 32) for n in (1, 2, 3))
pytestmark = pytest.mark.django_db


class House:
    """A log with three witnesses, and the bundle of a published cycle."""

    def __init__(self, folder: Path) -> None:
        self.notary = Folder(folder / "notary")
        self.signer = make_key(self.notary, "log.example/test")
        known = [NewWitness(f"w{n}", one.vkey, "") for n, one in enumerate(WITNESSES, start=1)]
        write_trust(self.notary, self.signer.vkey, known)
        self.trust = trust.parse(self.notary.trust.read_bytes())
        build()
        to_published(CYCLE, folder / "bundles")
        self.row = Publication.objects.get()
        self.bundle = Path(self.row.path)
        self.proof = evidence_path(self.row)
        self.opening = opening_path(self.proof)

    def publish(self, *cosigners: Ed25519Cosigner) -> None:
        sequencer = Sequencer()
        try:
            sequencer.step(NOW)
        finally:
            sequencer.release()
        head = heads.last_head()
        assert head is not None
        heads.sign(head, [self.signer], NOW)
        text = heads.checkpoint_of(head, self.signer.name).text
        for one in cosigners:
            heads.keep(head, one.name, [one.cosign(text, int(NOW.timestamp()))], NOW)
        publication.publish(self.notary, heads.note_of(head), self.signer.vkey)
        Published.objects.get_or_create(head=head, defaults={"at": NOW, "cosigned": bool(cosigners)})

    @property
    def setup(self) -> Setup:
        return Setup(self.notary, [self.signer], self.trust, timedelta(hours=24))

    def verify(self, target: Path, *more: str) -> Result:
        return CliRunner().invoke(
            verify, [str(target), "--trust", str(self.notary.trust), *more], standalone_mode=False
        )


@pytest.fixture
def house(tmp_path: Path) -> House:
    made = House(tmp_path)
    assert complete_evidence(made.trust) == []  # nothing is numbered yet, and nothing was held up
    made.publish(*WITNESSES[:1])
    assert complete_evidence(made.trust) == []  # published, but one witness is no quorum
    made.publish(WITNESSES[1])
    assert complete_evidence(made.trust) == [made.proof]
    assert complete_evidence(made.trust) == []
    return made


def test_the_bundle_with_its_evidence_is_accepted(house: House) -> None:
    said = house.verify(house.bundle)
    assert said.return_value == 0, said.output
    assert "log.example/test" in said.output
    assert "w1" in said.output
    assert "w2" in said.output
    assert "w3" not in said.output


def test_the_evidence_alone_is_accepted_and_shows_the_record(house: House) -> None:
    said = house.verify(house.proof)
    assert said.return_value == 0, said.output
    assert house.row.root in said.output
    assert house.row.bundle_digest in said.output


def test_no_django_is_needed(house: House, tmp_path: Path) -> None:
    code = (
        "import sys; from hengjian.cli.verify_evidence import verify_proof; from pathlib import Path;"
        f"code = verify_proof(Path({str(house.proof)!r}), Path({str(house.notary.trust)!r}));"
        "assert 'django' not in sys.modules; sys.exit(code)"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False, cwd=tmp_path).returncode == 0


def test_one_witness_is_not_enough(tmp_path: Path) -> None:
    made = House(tmp_path)
    made.publish(WITNESSES[0])
    assert write_evidence("cycles.publication", str(made.row.pk), made.proof)
    said = made.verify(made.proof)
    assert said.return_value == 5
    assert "1/3" in said.output
    assert made.proof.name in said.output


def test_the_log_of_somebody_else_is_not_accepted(house: House, tmp_path: Path) -> None:
    other = Folder(tmp_path / "other")
    signer = make_key(other, "log.example/test")  # the same name, another key
    write_trust(other, signer.vkey, [])
    said = CliRunner().invoke(verify, [str(house.proof), "--trust", str(other.trust)], standalone_mode=False)
    assert said.return_value == 5


def test_every_changed_byte_of_either_file_is_refused_by_name(house: House) -> None:
    for path in (house.proof, house.opening):
        true = path.read_bytes()
        for place in range(0, len(true), 11):
            changed = bytearray(true)
            changed[place] ^= 1
            path.write_bytes(changed)
            said = house.verify(house.proof)
            if said.return_value == 0:
                assert harmless(path, true, bytes(changed)), (path.name, place)
            else:
                assert said.return_value == 5, said.output
                assert path.name in said.output or house.proof.name in said.output
        path.write_bytes(true)
    assert house.verify(house.proof).return_value == 0


def harmless(path: Path, true: bytes, changed: bytes) -> bool:
    """White space and the spelling of hexadecimal in the opening's JSON say nothing."""
    if path.suffix == ".tlog-proof":
        return False
    old, new = json.loads(true), json.loads(changed)
    return {**old, "salt": old["salt"].lower()} == {**new, "salt": new["salt"].lower()}


def test_evidence_of_another_publication_is_refused(house: House, tmp_path: Path) -> None:
    path = tmp_path / "decision.tlog-proof"
    kind, key = next(one for one in logged_rows(CYCLE) if one[0] == "cycles.auditentry")
    assert write_evidence(kind, key, path)
    assert house.verify(path).return_value == 0
    said = house.verify(house.bundle, "--proof", str(path))
    assert said.return_value == 5
    assert path.name in said.output


def test_a_bundle_made_anew_does_not_fit_its_evidence(house: House) -> None:
    """The very content, packed anew: the digest of the file that was published differs."""
    house.bundle.write_bytes(house.bundle.read_bytes() + b"\0")
    said = house.verify(house.bundle)
    assert said.return_value == 5 or said.exit_code != 0


def test_without_a_trust_policy_it_says_where_to_get_one(
    house: House, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HENGJIAN_DATA", str(tmp_path / "nowhere"))
    said = CliRunner().invoke(verify, [str(house.proof)], standalone_mode=False)
    assert getattr(said.exception, "code", "") == "verify.no_trust"


def test_every_row_of_a_cycle_can_be_proved(house: House, tmp_path: Path) -> None:
    rows = logged_rows(CYCLE)
    assert {kind for kind, _key in rows} == {
        "cycles.publication", "cycles.storedsheet", "cycles.storedsnapshot", "cycles.storedpolicy",
        "cycles.auditentry",
    }  # fmt: skip
    for kind, key in rows:
        path = proof_path(tmp_path, kind, key)
        assert write_evidence(kind, key, path)
        assert house.verify(path).return_value == 0


def test_no_evidence_goes_out_for_a_changed_row(house: House, tmp_path: Path) -> None:
    by_owner("UPDATE cycles_publication SET by = 'x'")
    with pytest.raises(LogTampered) as refused:
        write_evidence("cycles.publication", str(house.row.pk), tmp_path / "x.tlog-proof")
    assert refused.value.code == "notary.row_changed"
    assert not (tmp_path / "x.tlog-proof").exists()


def test_nothing_is_proved_of_what_is_not_logged_or_was_erased(house: House, tmp_path: Path) -> None:
    with pytest.raises(NotaryRefused) as refused:
        write_evidence("cycles.publication", "0", tmp_path / "x.tlog-proof")
    assert refused.value.code == "notary.not_logged"
    with connection.cursor() as cursor:
        cursor.execute("SELECT id::text FROM evidence_metric LIMIT 1")
        (key,) = cursor.fetchone()
    erase("evidence.metric", key, "期满", "auditor", NOW)
    with pytest.raises(NotaryRefused) as refused:
        write_evidence("evidence.metric", key, tmp_path / "x.tlog-proof")
    assert refused.value.code == "notary.erased"


def test_the_running_log_writes_what_is_missing_and_reconciles(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    nights: list[str] = []
    monkeypatch.setattr(reconcile, "_night", lambda _setup: nights.append("night"))
    house.proof.unlink()
    beside = reconcile.Beside(house.setup)
    beside.after(Turn(0, 1))  # nothing was published: nothing is looked for
    assert not house.proof.exists()
    beside.after(Turn(0, 1, files=1))
    assert beside._night is not None
    beside._night.join()
    assert house.proof.exists()
    assert nights == ["night"]  # due, and looked at once a minute at most


def test_evidence_that_cannot_be_written_does_not_stop_the_log(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(
        reconcile, "_night", lambda _setup: None
    )  # its own connection would leave rows to others
    house.proof.unlink()
    by_owner("UPDATE cycles_publication SET by = 'x'")
    reconcile.Beside(house.setup).after(Turn(0, 1, files=1))
    assert not house.proof.exists()


def test_the_command_names_each_difference(house: House, capsys: pytest.CaptureFixture[str]) -> None:
    by_owner("UPDATE cycles_publication SET by = 'x'")
    assert reconcile.tell_reconciliation(run_reconciliation(lambda: NOW, None)) == 5
    said = capsys.readouterr().out
    assert f"cycles.publication {house.row.pk}" in said
    assert "记录或盐值被改动" in said
    by_owner("UPDATE cycles_publication SET by = %s", house.row.by)
    assert reconcile.tell_reconciliation(run_reconciliation(lambda: NOW, None)) == 0


def test_every_kind_of_difference_has_its_words() -> None:
    assert set(reconcile.WHATS) == set(What)
    assert set(reconcile.STEPS) == set(STEPS)
