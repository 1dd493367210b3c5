"""What we write is accepted by the Go project's library of transparency logs, and what is wrong is not."""

import base64
import json
import os
import random
import shutil
import subprocess
import sys
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import pytest

from hengjian.proof import notes, tree
from tests.unit.proof.sample_log import LOG, entries_of, files_of

LIBRARY = Path("/usr/share/gocode/src/golang.org/x/mod/sumdb")
SOURCE = Path(__file__).parent / "go"
SIZES, PROOFS = 1000, 10_000


@pytest.fixture(scope="module")
def program(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Our small Go program, built offline against the library that Debian ships."""
    go = shutil.which("go", path=f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}")
    if go is None or not LIBRARY.is_dir():
        pytest.skip("no Go compiler, or no golang-golang-x-mod-dev")
    built = tmp_path_factory.mktemp("go") / "independent"
    quiet = {"GOFLAGS": "-mod=mod", "GOPROXY": "off", "GOTOOLCHAIN": "local", "GOSUMDB": "off",
             "GOCACHE": str(Path(sys.prefix) / "go-cache"), "GOPATH": str(built.parent / "path")}  # fmt: skip
    source = shutil.copytree(SOURCE, built.parent / "source")
    subprocess.run([go, "build", "-o", str(built), "."], cwd=source, env={**os.environ, **quiet}, check=True)
    return built


def ask(program: Path, questions: Iterable[Mapping[str, Any]]) -> list[str]:
    """One answer for each question; bytes travel as base64."""
    lines = "".join(
        json.dumps(each, default=lambda data: base64.b64encode(data).decode()) for each in questions
    )
    done = subprocess.run([program], input=lines, capture_output=True, text=True, check=True)
    return done.stdout.splitlines()


class Grown:
    """A tree whose every older root is known."""

    def __init__(self, size: int) -> None:
        edge = tree.Frontier()
        self.leaves = [tree.leaf_hash(b"entry %d" % number) for number in range(size)]
        self.roots = [edge.root()]
        for leaf in self.leaves:
            edge.add(leaf)
            self.roots.append(edge.root())
        self.rows = [self.leaves]
        while len(self.rows[-1]) > 1:
            self.rows.append(tree.parents(self.rows[-1]))

    def read(self, level: int, index: int) -> bytes:
        return self.rows[level][index]


def proofs(grown: Grown, chance: random.Random) -> Iterable[dict[str, Any]]:
    for size in chance.sample(range(1, len(grown.leaves) + 1), SIZES):
        for _ in range(PROOFS // SIZES // 2):
            index, old = chance.randrange(size), chance.randrange(1, size + 1)
            newer = {"Size": size, "Root": grown.roots[size]}
            path, between = (
                tree.inclusion_proof(index, size, grown.read),
                tree.consistency_proof(old, size, grown.read),
            )
            yield {**newer, "Kind": "record", "Index": index, "Leaf": grown.leaves[index], "Proof": path}
            yield {**newer, "Kind": "tree", "OldSize": old, "OldRoot": grown.roots[old], "Proof": between}


def test_go_accepts_ten_thousand_of_our_proofs(program: Path) -> None:
    asked = list(proofs(Grown(5000), random.Random(1)))
    assert len(asked) == PROOFS
    assert set(ask(program, asked)) == {"ok "}


def test_go_and_we_refuse_the_same_changed_proofs(program: Path) -> None:
    chance = random.Random(2)
    asked = []
    for each in list(proofs(Grown(1200), chance))[:3000]:
        path = list(each["Proof"])
        kind = chance.randrange(4)
        if kind == 0 and path:
            path[chance.randrange(len(path))] = chance.randbytes(32)
        elif kind == 1 and path:
            path.pop(chance.randrange(len(path)))
        elif kind == 2:
            path.insert(chance.randrange(len(path) + 1), chance.randbytes(32))
        else:
            each["Size"] += chance.choice((-1, 1, 2))
        asked.append({**each, "Proof": path})
    theirs = [answer.startswith("ok") for answer in ask(program, asked)]
    assert theirs == [ours(each) for each in asked]
    assert theirs.count(False) > 2000


def ours(each: Mapping[str, Any]) -> bool:
    try:
        if each["Kind"] == "record":
            tree.verify_inclusion(each["Index"], each["Size"], each["Leaf"], each["Root"], each["Proof"])
        else:
            tree.verify_consistency(
                each["OldSize"], each["OldRoot"], each["Size"], each["Root"], each["Proof"]
            )
    except ValueError:
        return False
    return True


@pytest.mark.parametrize("size", [1, 255, 256, 257, 1000, 65_536, 70_000])
def test_go_reads_our_files_and_comes_to_our_proofs(program: Path, tmp_path: Path, size: int) -> None:
    entries = entries_of(size)
    for path, data in files_of(entries).items():
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).write_bytes(data)
    rows = [[tree.leaf_hash(entry) for entry in entries]]
    while len(rows[-1]) > 1:
        rows.append(tree.parents(rows[-1]))
    chance = random.Random(size)
    picks = [(chance.randrange(size), chance.randrange(1, size + 1)) for _ in range(20)]
    root = tree.root_of(rows[0])
    asked = [{"Kind": "files", "Folder": str(tmp_path), "Size": size, "Root": root, "Index": index,
              "OldSize": old} for index, old in picks]  # fmt: skip
    for (index, old), answer in zip(picks, ask(program, asked), strict=True):
        assert answer.startswith("ok "), answer
        said = [[base64.b64decode(value) for value in part or ()] for part in json.loads(answer[3:])]
        read = lambda level, at: rows[level][at]  # noqa: E731
        assert said[0] == list(tree.inclusion_proof(index, size, read))
        assert said[1] == list(tree.consistency_proof(old, size, read))
    wrong = {**asked[0], "Root": bytes(32)}
    assert ask(program, [wrong])[0].startswith("no ")


def test_go_opens_our_notes_and_refuses_changed_ones(program: Path) -> None:
    whole = files_of(entries_of(5))["checkpoint"]
    text = notes.parse(whole).text
    quoted = json.dumps(text, ensure_ascii=False)
    good = {"Kind": "note", "Note": whole, "Keys": [LOG.vkey]}
    chinese = notes.write(notes.signed("正文\n\n次行\n", notes.Ed25519Signer("衡鉴/日志", bytes(32))))
    answers = ask(
        program, [good, {**good, "Note": chinese, "Keys": [notes.Ed25519Signer("衡鉴/日志", bytes(32)).vkey]}]
    )
    assert answers == [f"ok 1 {quoted}", 'ok 1 "正文\\n\\n次行\\n"']
    changed = []
    for byte in range(len(text.encode())):
        data = bytearray(whole)
        data[byte] ^= 1
        changed.append({**good, "Note": bytes(data)})
    assert all(answer.startswith("no ") for answer in ask(program, changed))
