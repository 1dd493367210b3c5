"""The second signature line of the log: SM2 with SM3, held against the system's openssl."""

import subprocess
from datetime import timedelta
from pathlib import Path

import pytest

from hengjian.notary import folder as keys
from hengjian.notary import publication
from hengjian.notary.errors import NotaryRefused
from hengjian.notary.folder import Folder, NewWitness, make_key, make_sm2_key, name_in_trust, signers
from hengjian.notary.models import Signature
from hengjian.notary.running import Setup
from hengjian.notary.seals import seals_in
from hengjian.notary.trusting import read_trust
from hengjian.proof.main import main
from hengjian.proof.sm import Sm2Verifier
from tests.unit.notary.town import AT, Town

pytestmark = pytest.mark.django_db


@pytest.fixture
def signed(town: Town) -> Town:
    """A log whose heads bear both lines."""
    second = make_sm2_key(town.folder)
    assert name_in_trust(town.folder, second.vkey)
    assert not name_in_trust(town.folder, second.vkey)
    own = signers(town.folder)
    town.setup = Setup(town.folder, own, read_trust(town.folder.trust, own[0]), timedelta(hours=2))
    notary = town.start()
    town.append(3)
    turn = notary.turn(AT)
    assert (turn.count, len(turn.cosigned)) == (
        3,
        3,
    )  # witnesses that know nothing of SM2 cosign all the same
    return town


def test_both_lines_are_served_and_openssl_verifies_the_second(signed: Town, tmp_path: Path) -> None:
    note = publication.published(signed.folder)
    assert note is not None
    (key,) = [one.key for one in signed.setup.trust.logs if isinstance(one.key, Sm2Verifier)]
    line = note.signed_by(key)
    assert line is not None
    for name, content in {"key": key.spki, "text": note.text.encode(), "sig": line.value}.items():
        (tmp_path / name).write_bytes(content)
    command = ["openssl", "dgst", "-sm3", "-keyform", "DER", "-sigopt", "distid:1234567812345678"]
    files = ["-verify", "key", "-signature", "sig", "text"]
    said = subprocess.run([*command, *files], cwd=tmp_path, capture_output=True, text=True, check=False)
    assert "Verified OK" in said.stdout
    (tmp_path / "text").write_bytes(note.text.encode() + b"x")
    said = subprocess.run([*command, *files], cwd=tmp_path, capture_output=True, text=True, check=False)
    assert "Verified OK" not in said.stdout


def test_the_line_counts_where_the_trust_file_names_its_key(
    signed: Town, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    public = signed.folder.public
    without = tmp_path / "without"
    text = signed.folder.trust.read_text().splitlines()
    without.write_text("\n".join(line for line in text if signers(signed.folder)[1].vkey not in line) + "\n")
    ask = ["verify", str(public), "--trust"]
    assert main([*ask, str(signed.folder.trust)]) == 0
    assert main([*ask, str(without)]) == 0  # passed over, and said so
    assert "不认识的签名" in capsys.readouterr().out
    served = public / "checkpoint"
    whole = served.read_text()
    note = publication.published(signed.folder)
    assert note is not None
    second = note.signatures[1].line
    served.write_text(whole.replace(second, second[:-8] + ("A" if second[-8] != "A" else "B") + second[-7:]))
    assert main([*ask, str(signed.folder.trust)]) == 5
    assert main([*ask, str(without)]) == 0
    served.write_text(whole.replace(second, ""))
    capsys.readouterr()
    assert main([*ask, str(signed.folder.trust)]) == 0  # a head from before the key; it is told
    assert "未签名" in capsys.readouterr().out


def test_evidence_names_both_keys(signed: Town, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    from hengjian.notary.models import Commitment
    from hengjian.notary.queries import proof_of

    found = proof_of("test.note", "1")
    assert found is not None
    (tmp_path / "x.tlog-proof").write_bytes(found.file)
    (tmp_path / "entry").write_bytes(bytes(Commitment.objects.get(key="1").entry))
    files = [str(tmp_path / "x.tlog-proof"), "--entry", str(tmp_path / "entry")]
    assert main(["verify", *files, "--trust", str(signed.folder.trust)]) == 0
    said = capsys.readouterr().out
    assert all(f"日志公钥 {each.key_id.hex()} 签名相符" in said for each in signers(signed.folder))


def test_a_changed_line_in_the_database_is_named(signed: Town) -> None:
    seals = seals_in(signed.folder)
    assert seals is not None
    line = Signature.objects.filter(witness="", head_id=3).order_by("-pk")[0]
    assert list(seals.on(line.head)) == []
    line.line = line.line[:-8] + ("A" if line.line[-8] != "A" else "B") + line.line[-7:]
    (finding,) = list(seals.on(_with(line)))
    assert finding.what == "signature_differs"


def _with(line: Signature) -> object:
    """The head with this line in the place of the stored one."""
    others = [each for each in line.head.signatures.all() if each.pk != line.pk]
    line.head._prefetched_objects_cache = {"signatures": [*others, line]}
    return line.head


def test_the_key_is_made_once_and_read_only_when_closed(tmp_path: Path) -> None:
    folder = Folder(tmp_path / "n")
    with pytest.raises(NotaryRefused, match="还没有日志密钥"):
        make_sm2_key(folder)
    first = make_key(folder, "log.example.test")
    assert [each.vkey for each in signers(folder)] == [first.vkey]
    second = make_sm2_key(folder)
    assert [each.vkey for each in signers(folder)] == [first.vkey, second.vkey]
    assert second.name == first.name
    assert oct(folder.sm2_key.stat().st_mode)[-3:] == "600"
    with pytest.raises(NotaryRefused, match="不会覆盖"):
        make_sm2_key(folder)
    folder.sm2_key.chmod(0o640)
    with pytest.raises(NotaryRefused, match="别人也能读"):
        signers(folder)
    folder.sm2_key.chmod(0o600)
    folder.sm2_key.write_bytes(folder.key.read_bytes())  # the other kind of key in its place
    with pytest.raises(NotaryRefused, match="不完整"):
        signers(folder)


def test_witnesses_that_cannot_be_named_leave_nothing_behind(tmp_path: Path) -> None:
    folder = Folder(tmp_path / "n")
    with pytest.raises(NotaryRefused, match="信任策略有误"):
        keys.check_witnesses([NewWitness("w", "no key", "http://w")])
    first = make_key(folder, "log.example.test")
    with pytest.raises(NotaryRefused):
        keys.write_trust(folder, first.vkey, [NewWitness("w", "no key", "http://w")])
    assert not folder.trust.exists()
    keys.write_trust(folder, first.vkey, [])
    vkey = "w1.example/1+9e703985+BLlfsQxkDT1z6jtLNmT4ptDfqYr8g+vLjev0rs2lUzJ2"
    with pytest.raises(NotaryRefused, match="已存在"):
        keys.write_trust(folder, first.vkey, [NewWitness("w", vkey, "http://w")])
