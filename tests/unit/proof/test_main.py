"""``hengjian-proof`` answers by exit code and by name, with no part of the house but its own room."""

import importlib.util
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import pytest

from hengjian.proof import notes, tree
from hengjian.proof.commitments import Entry, commitment
from hengjian.proof.evidence import TlogProof
from hengjian.proof.main import main
from hengjian.proof.opening import Opening
from tests.unit.proof.sample_log import entries_of, files_of, policy_of

SALT, RECORD = bytes(range(16)), '{"题":"记录"}'.encode()
ENTRY = Entry("record", 1, "2026-07-01", commitment(SALT, RECORD)).encode()
ENTRIES = [*entries_of(300), ENTRY]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return written(tmp_path / "public", {**files_of(ENTRIES), "trust": policy_of().encode()})


def written(folder: Path, files: Mapping[str, bytes]) -> Path:
    for path, data in files.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_bytes(data)
    return folder


@pytest.fixture
def proof(folder: Path) -> Path:
    leaves = [tree.leaf_hash(entry) for entry in ENTRIES]
    path = tree.inclusion_proof(
        300, 301, lambda level, at: tree.root_of(leaves[at << level : (at + 1) << level])
    )
    checkpoint = notes.parse((folder / "checkpoint").read_bytes())
    file = folder.parent / "it.tlog-proof"
    file.write_bytes(TlogProof(300, path, checkpoint).write())
    (folder.parent / "it.opening.json").write_bytes(Opening(ENTRY, RECORD, SALT).write())
    return file


def test_sound_folder(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["verify", str(folder)]) == 0
    out = capsys.readouterr().out
    assert "301 条" in out
    assert "compare its keys" in out


def test_damaged_folder_names_the_file(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = folder / "tile/entries/000"
    file.write_bytes(file.read_bytes()[:-1] + b"~")
    (folder / "tile/0/000").unlink()
    (folder / "tile/0/000").symlink_to("/dev/zero")
    assert main(["verify", str(folder), "--trust", str(folder / "trust")]) == 5
    out = capsys.readouterr().out
    assert "✗ tile/entries/000：" in out
    assert "✗ tile/0/000：缺失" in out
    assert "compare its keys" not in out


def test_evidence_with_its_opening(folder: Path, proof: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["verify", str(proof), "--trust", str(folder / "trust")]) == 0
    out = capsys.readouterr().out
    assert "第 300 条" in out
    assert out.count("联署于 2023-11-14T22:13:20+00:00") == 3


def test_evidence_with_record_and_salt(folder: Path, proof: Path, tmp_path: Path) -> None:
    written(tmp_path, {"entry": ENTRY, "record": RECORD, "other": RECORD + b" "})
    common = ["verify", str(proof), "--trust", str(folder / "trust"), "--entry", str(tmp_path / "entry")]
    assert main(common) == 0
    assert main([*common, "--record", str(tmp_path / "record"), "--salt", SALT.hex()]) == 0
    assert main([*common, "--record", str(tmp_path / "other"), "--salt", SALT.hex()]) == 5
    assert main([*common, "--record", str(tmp_path / "record"), "--salt", SALT[::-1].hex()]) == 5
    assert main([*common, "--record", str(tmp_path / "record")]) == 2
    assert main([*common, "--record", str(tmp_path / "record"), "--salt", "no"]) == 2
    (tmp_path / "entry").write_bytes(ENTRY.replace(b"2026", b"2025"))
    assert main(common) == 5


def test_wrong_usage_is_told_apart(tmp_path: Path, folder: Path, proof: Path) -> None:
    assert main(["verify", str(tmp_path / "nothing")]) == 2
    (folder / "trust").write_text("quorum nobody\n", encoding="utf-8")
    assert main(["verify", str(folder)]) == 2
    assert main(["verify", str(proof), "--trust", str(tmp_path / "none")]) == 2
    with pytest.raises(SystemExit) as stopped:
        main(["check"])
    assert stopped.value.code == 2


def test_it_runs_where_only_the_cipher_library_is(folder: Path, tmp_path: Path, root: Path) -> None:
    """A folder with our sources and cryptography, nothing else; whatever else is asked for is not there."""
    bare = tmp_path / "bare"
    (bare / "hengjian").mkdir(parents=True)
    (bare / "hengjian" / "__init__.py").write_text('"""Only the proof room."""\n', encoding="utf-8")
    (bare / "hengjian" / "proof").symlink_to(root / "hengjian" / "proof")
    for name in ("cryptography", "cffi", "_cffi_backend"):
        spec = importlib.util.find_spec(name)
        if spec and spec.origin:
            origin = Path(spec.origin)
            source = origin.parent if origin.name == "__init__.py" else origin
            (bare / source.name).symlink_to(source)
    code = f"import sys; sys.path.insert(0, {str(bare)!r}); from hengjian.proof.main import run; run()"
    run = [sys.executable, "-I", "-S", "-B", "-c", code, "verify", str(folder)]
    done = subprocess.run(run, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    (folder / "tile/1/000.p/1").write_bytes(bytes(32))
    done = subprocess.run(run, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (5, "")
    assert "tile/1/000.p/1" in done.stdout
