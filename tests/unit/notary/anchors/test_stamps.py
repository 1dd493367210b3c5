"""RFC 3161 against a real authority: the openssl command behind a small server."""

import shutil
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import pytest

from hengjian.notary.anchors.comparison import Kept, of_stamps
from hengjian.notary.anchors.errors import Unreachable
from hengjian.notary.anchors.stamps import Authority, Stamp, read_roots
from hengjian.terms.errors import Refused, Tampered
from tests.unit.notary.anchors.nodes import authority_server, head, make_authority, openssl

pytestmark = pytest.mark.skipif(shutil.which("openssl") is None, reason="no openssl")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("tsa")
    make_authority(made)
    return made


@pytest.fixture(scope="module")
def authority(folder: Path) -> Iterator[Authority]:
    with authority_server(folder / "tsa.cnf") as url:
        yield Authority(url, read_roots(folder / "root.pem"))


@pytest.fixture(scope="module")
def stamp(authority: Authority) -> Stamp:
    return authority.stamp(head(5).text)


def test_a_checkpoint_is_stamped_with_the_time(authority: Authority, stamp: Stamp) -> None:
    assert abs(datetime.now(UTC) - stamp.at) < timedelta(minutes=1)
    assert authority.verified(stamp.token, head(5).text) == stamp.at


def test_the_openssl_command_verifies_the_token(folder: Path, stamp: Stamp, tmp_path: Path) -> None:
    """By others' code alone: the checkpoint's text, the token, the root."""
    (tmp_path / "text").write_text(head(5).text)
    (tmp_path / "token.tsr").write_bytes(stamp.token)
    asked = ["ts", "-verify", "-data", f"{tmp_path}/text", "-in", f"{tmp_path}/token.tsr"]
    openssl(*asked, "-CAfile", f"{folder}/root.pem")
    (tmp_path / "text").write_text(head(6).text)
    with pytest.raises(AssertionError):
        openssl(*asked, "-CAfile", f"{folder}/root.pem")


def test_another_text_or_a_changed_token_is_found(authority: Authority, stamp: Stamp) -> None:
    with pytest.raises(Tampered, match="核对不上"):
        authority.verified(stamp.token, head(6).text)
    place = stamp.token.rindex(b"Z")  # in a time, inside what is signed
    for at in (place - 1, len(stamp.token) - 1, len(stamp.token) // 2):
        changed = bytearray(stamp.token)
        changed[at] ^= 1
        with pytest.raises((Tampered, Refused)):
            authority.verified(bytes(changed), head(5).text)


def test_a_root_that_is_not_trusted_is_refused(authority: Authority, tmp_path: Path, stamp: Stamp) -> None:
    make_authority(tmp_path)
    stranger = Authority(authority.url, read_roots(tmp_path / "root.pem"))
    with pytest.raises(Tampered):
        stranger.verified(stamp.token, head(5).text)
    with pytest.raises(Tampered):
        stranger.stamp(head(5).text)


def test_differences_are_named(authority: Authority, stamp: Stamp) -> None:
    sound = Kept(head(5), None, settled=True, token=stamp.token, stamped_at=stamp.at)
    moved = Kept(head(5), None, settled=True, token=stamp.token, stamped_at=stamp.at + timedelta(hours=1))
    other = Kept(head(6), None, settled=True, token=stamp.token, stamped_at=stamp.at)
    assert list(of_stamps(authority, [sound, Kept(head(7), None)])) == []
    assert [line[:5] for line in of_stamps(authority, [moved, other])] == ["大小 5：", "大小 6："]


def test_an_answer_that_is_none_and_an_authority_that_refuses(authority: Authority, tmp_path: Path) -> None:
    class Answering(BaseHTTPRequestHandler):
        raw = b"<html>"

        def do_POST(self) -> None:
            self.send_response(200)
            self.end_headers()
            self.wfile.write(self.raw)

        def log_message(self, *_args: object) -> None:
            """Quiet."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Answering)
    Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
    there = Authority(f"http://127.0.0.1:{server.server_port}/", authority.roots, timeout=5)
    with pytest.raises(Unreachable, match="不是时间戳"):
        there.stamp("text")
    Answering.raw = bytes.fromhex("30053003020102")  # status 2: rejection
    with pytest.raises(Unreachable):
        there.stamp("text")
    server.shutdown()
    server.server_close()
    with pytest.raises(Unreachable):
        Authority("http://127.0.0.1:1/", authority.roots, timeout=2).stamp("text")


def test_roots_that_cannot_be_read_are_refused(tmp_path: Path) -> None:
    (tmp_path / "empty.pem").write_text("nothing")
    for name in ("absent.pem", "empty.pem"):
        with pytest.raises(Refused, match="根证书"):
            read_roots(tmp_path / name)
