"""Every answer of the specification, over real HTTP from the started server."""

from hashlib import sha256
from pathlib import Path

import pytest

from hengjian.cli import run
from hengjian.proof import notes
from hengjian.witness.submissions import LARGEST
from tests.unit.witness.log import ORIGIN, Log, body


def cosigned(folder: Path, log: Log, size: int, lines: bytes, capsys: pytest.CaptureFixture[str]) -> None:
    """The lines, put below the checkpoint, open with each of the witness's keys."""
    capsys.readouterr()
    assert run(["witness", "--folder", str(folder), "keys"]) == 0
    keys = [notes.verifier(line) for line in capsys.readouterr().out.split()]
    assert len(keys) == 2
    note = notes.parse(log.checkpoint(size) + lines)
    for key in keys:
        notes.opened(note, [key])
    assert len(notes.opened(note, keys).signatures) == 2


def test_every_answer(folder: Path, log: Log, serve, capsys: pytest.CaptureFixture[str]) -> None:
    server = serve(folder)
    place = f"/{sha256(ORIGIN.encode()).hexdigest()}/checkpoint"
    assert server.ask("GET", place)[0] == 404
    status, lines, headers = server.add(log.request(0, 5))
    assert status == 200
    cosigned(folder, log, 5, lines, capsys)
    assert server.ask("GET", place)[1] == log.checkpoint(5) + lines

    unknown = Log("elsewhere.example.cn/log")
    assert server.add(unknown.request(0, 5))[0] == 404
    assert server.add(Log(seed=2).request(5, 6))[0] == 403  # another key under the log's name
    forged = notes.parse(log.checkpoint(6))
    line = notes.Signature(forged.signatures[0].name, forged.signatures[0].key_id, bytes(64))
    both = notes.Note(forged.text, (*forged.signatures, line))
    for note in (notes.Note(forged.text, (line,)), both):  # the known key's line does not verify
        assert server.add(body(5, log.proof(5, 6), notes.write(note)))[0] == 403

    assert server.add(log.request(7, 6))[0] == 400
    status, known, headers = server.add(log.request(3, 6))
    assert (status, known, headers["content-type"]) == (409, b"5\n", "text/x.tlog.size")
    assert server.add(log.request(0, 6))[:2] == (409, b"5\n")  # the way to learn the size
    assert server.add(body(5, (b"x" * 32,), log.checkpoint(6)))[0] == 422
    assert server.add(body(5, (), log.checkpoint(6)))[0] == 422
    assert server.add(body(5, (b"x" * 32,), log.checkpoint(5)))[0] == 422
    assert server.add(Log(branch=4).request(5, 5))[0] == 422  # the same size, another root
    assert server.add(Log(branch=4).request(5, 9))[0] == 422
    assert server.add(log.request(5, 5))[0] == 200
    status, lines, _ = server.add(log.request(5, 300))
    assert status == 200
    cosigned(folder, log, 300, lines, capsys)
    assert server.ask("GET", "/add-checkpoint")[0] == 405
    assert server.ask("POST", "/sign-subtree", b"")[0] == 404
    assert server.add(b"x" * (LARGEST + 1))[0] == 413
    assert server.stop() == 0  # SIGTERM ends it in order


def test_an_empty_log_and_its_first_leaves(folder: Path, log: Log, serve) -> None:
    server = serve(folder, "--prefix", "/w")
    ask = lambda data: server.ask("POST", "/w/add-checkpoint", data)[:1]  # noqa: E731
    assert server.add(log.request(0, 0))[0] == 404  # outside the prefix
    assert ask(body(0, (), log.checkpoint(0, b"r" * 32))) == (422,)
    assert ask(log.request(0, 0)) == (200,)
    assert ask(body(0, (b"x" * 32,), log.checkpoint(3))) == (422,)
    assert ask(log.request(0, 3)) == (200,)


def malformed(log: Log) -> list[bytes]:
    good = log.checkpoint(5)
    return [
        b"", b"\n", good, b"old 0\n" + good, b"old 00\n\n" + good, b"old -1\n\n" + good,
        b"old \n\n" + good, b"old 0 \n\n" + good, b"Old 0\n\n" + good, b"old 0\r\n\n" + good,
        b"old 18446744073709551616\n\n" + good, b"old 0\nAAAA\n\n" + good, b"old 0\n%%\n\n" + good,
        b"old 0\n" + b"A" * 43 + b"B\n\n" + good, "old ０\n\n".encode() + good,
        body(0, (b"x" * 32,) * 64, good), body(0, (), good[:-1]), body(0, (), good.partition(b"\n\n")[0]),
        body(0, (), good.replace(b"\n5\n", b"\n05\n")), body(0, (), b"\xff" + good),
    ]  # fmt: skip


def test_malformed_requests_are_told_apart(folder: Path, log: Log, serve) -> None:
    server = serve(folder)
    for request in malformed(log):
        assert server.add(request)[0] == 400, request
    assert server.add(body(0, (b"x" * 32,) * 63, log.checkpoint(5)))[0] == 422  # 63 lines may be sent
