"""SM3 and the SM2 signature line, held against the openssl command line in both directions."""

import ctypes.util
import resource
import secrets
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hengjian.proof import notes, sm_openssl
from hengjian.proof.errors import ProofError
from hengjian.proof.notes import opened, signed
from hengjian.proof.sm import ORDER, SM2, Sm2ServerSigner, Sm2Signer, Sm2Verifier, is_secret, sm3

NAME = "log.hengchuan.example/sm"
TEXT = "log.hengchuan.example\n7\nc29tZSByb290IGhhc2ggb2YgMzIgYnl0ZXMgbGVuZ3Ro\n"
Openssl = Callable[..., str]


@pytest.fixture(scope="module")
def signer() -> Sm2Signer:
    """A signer with a key of its own."""
    return Sm2Signer(NAME, secret())


@pytest.fixture(scope="module")
def verifier(signer: Sm2Signer) -> Sm2Verifier:
    return Sm2Verifier(NAME, signer.public)


def secret() -> bytes:
    while not is_secret(number := secrets.token_bytes(32)):
        pass
    return number


def openssl_verifies(
    openssl: Openssl, folder: Path, verifier: Sm2Verifier, text: bytes, signature: bytes, distid: str
) -> bool:
    """What the command line says of a signature; anything but yes and no is a failure of the test."""
    for name, content in {"key.der": verifier.spki, "text": text, "sig": signature}.items():
        (folder / name).write_bytes(content)
    files = ("-verify", str(folder / "key.der"), "-signature", str(folder / "sig"), str(folder / "text"))
    asked = ("dgst", "-sm3", "-keyform", "DER", "-sigopt", f"distid:{distid}", *files)
    said = openssl(*asked, fails=None)
    assert "Verified OK" in said or "Verification failure" in said or "Error verifying data" in said, said
    return "Verified OK" in said


def openssl_signs(openssl: Openssl, folder: Path, key: bytes, text: bytes, distid: str) -> bytes:
    for name, content in {"secret.der": key, "text": text}.items():
        (folder / name).write_bytes(content)
    given_ = ("-keyform", "DER", "-inkey", str(folder / "secret.der"), "-in", str(folder / "text"))
    how = ("-rawin", "-digest", "sm3", "-pkeyopt", f"distid:{distid}")
    openssl("pkeyutl", "-sign", *given_, *how, "-out", str(folder / "made"))
    return (folder / "made").read_bytes()


def test_digests_of_the_standard() -> None:
    """The two examples of GB/T 32905, appendix A."""
    assert sm3(b"abc").hex() == "66c7f0f462eeedd9d1f2d46bdc10e4e24167c4875cf2f7a2297da02b8f4ba8e0"
    assert sm3(b"abcd" * 16).hex() == "debe9ff92275b8a138604889c18e5a4d6fdb70e5387e5765293dcba39c0c5732"


@given(data=st.binary(max_size=300))
@settings(max_examples=10, deadline=None)
def test_digest_is_that_of_the_command_line(
    openssl: Openssl, tmp_path_factory: pytest.TempPathFactory, data: bytes
) -> None:
    file = tmp_path_factory.mktemp("sm3") / "data"
    file.write_bytes(data)
    assert openssl("dgst", "-sm3", "-r", str(file)).split()[0] == sm3(data).hex()


def test_openssl_verifies_our_line(
    openssl: Openssl, tmp_path: Path, signer: Sm2Signer, verifier: Sm2Verifier
) -> None:
    line = signed(TEXT, signer).signatures[0]
    text, value, distid = TEXT.encode(), line.value, sm_openssl.ID.decode()
    other = Sm2Verifier(NAME, Sm2Signer(NAME, secret()).public)

    def verifies(key: Sm2Verifier, message: bytes, signature: bytes, agreed: str = distid) -> bool:
        return openssl_verifies(openssl, tmp_path, key, message, signature, agreed)

    assert verifies(verifier, text, value)
    assert not verifies(verifier, text + b".", value)
    assert not verifies(other, text, value)
    assert not verifies(verifier, text, value, "ALICE123@YAHOO.COM")
    assert not verifies(verifier, text, value[:-1] + bytes([value[-1] ^ 1]))


def test_we_verify_the_signatures_of_openssl(openssl: Openssl, tmp_path: Path) -> None:
    openssl("genpkey", "-algorithm", "SM2", "-outform", "DER", "-out", str(tmp_path / "made.der"))
    key = (tmp_path / "made.der").read_bytes()
    verifier = Sm2Verifier(NAME, sm_openssl.public_of(key)[-65:])
    text = TEXT.encode()
    signature = openssl_signs(openssl, tmp_path, key, text, sm_openssl.ID.decode())
    assert verifier.verify(text, signature)
    assert not verifier.verify(text + b".", signature)
    assert not Sm2Verifier(NAME, Sm2Signer(NAME, secret()).public).verify(text, signature)
    assert not verifier.verify(text, openssl_signs(openssl, tmp_path, key, text, "ALICE123@YAHOO.COM"))


def test_openssl_signs_with_our_key(
    openssl: Openssl, tmp_path: Path, signer: Sm2Signer, verifier: Sm2Verifier
) -> None:
    signature = openssl_signs(openssl, tmp_path, signer.pkcs8(), b"a text", sm_openssl.ID.decode())
    assert verifier.verify(b"a text", signature)


def test_a_note_with_an_sm2_line(signer: Sm2Signer) -> None:
    ed25519 = notes.Ed25519Signer("log.hengchuan.example", secrets.token_bytes(32))
    read = notes.parse(notes.write(signed(TEXT, ed25519, signer)))
    both = [notes.verifier(ed25519.vkey), notes.verifier(signer.vkey)]
    assert len(opened(read, both).signatures) == 2
    other = Sm2Signer(NAME, secret())
    assert len(opened(read, [both[0], notes.verifier(other.vkey)]).signatures) == 1  # unknown, passed over
    with pytest.raises(ProofError):
        opened(notes.Note(TEXT.replace("7", "8"), read.signatures), both[1:])


def test_the_key_id_is_of_this_type_alone(signer: Sm2Signer) -> None:
    name, material = notes.parse_vkey(signer.vkey)
    assert (name, material) == (NAME, SM2 + signer.public)
    assert material[0] == 0xFF
    assert len(SM2) > 16
    assert signer.key_id != notes.key_id(NAME, b"\xff" + signer.public)


@given(text=st.binary(max_size=200), bit=st.integers(0, 10**6), spot=st.sampled_from(["text", "signature"]))
@settings(max_examples=60, deadline=None)
def test_any_flipped_bit_is_refused(
    signer: Sm2Signer, verifier: Sm2Verifier, text: bytes, bit: int, spot: str
) -> None:
    signature = signer.sign(text)
    assert verifier.verify(text, signature)
    changed = bytearray(signature if spot == "signature" else text + b"\0")
    changed[bit // 8 % len(changed)] ^= 1 << bit % 8
    assert not (
        verifier.verify(text, bytes(changed))
        if spot == "signature"
        else verifier.verify(bytes(changed), signature)
    )


def test_malformed_signatures_are_refused(signer: Sm2Signer, verifier: Sm2Verifier) -> None:
    good = signer.sign(b"")
    assert verifier.verify(b"", good)
    for wrong in (
        b"",
        b"\0",
        good[:-1],
        good + b"\0",
        b"\xff" * 72,
        bytes(64),
        b"\x30\x06\x02\x01\0\x02\x01\0",
    ):
        assert not verifier.verify(b"", wrong)


def test_keys_that_are_refused(signer: Sm2Signer) -> None:
    off = signer.public[:-1] + bytes([signer.public[-1] ^ 1])
    compressed = bytes([2 + signer.public[-1] % 2]) + signer.public[1:33]
    for public in (off, b"", b"\0", compressed, signer.public + b"\0", b"\4" + bytes(64)):
        with pytest.raises(ProofError):
            Sm2Verifier(NAME, public)
    for number in (0, ORDER - 1, ORDER, 2**256 - 1):
        assert not is_secret(number.to_bytes(32, "big"))
        with pytest.raises(ProofError):
            Sm2Signer(NAME, number.to_bytes(32, "big"))
    for number in (1, ORDER - 2):
        edge = Sm2Signer(NAME, number.to_bytes(32, "big"))
        assert Sm2Verifier(NAME, edge.public).verify(b"edge", edge.sign(b"edge"))
    with pytest.raises(ProofError):
        Sm2Signer(NAME, b"\1")
    with pytest.raises(ProofError):
        Sm2Signer("two words", secret())


def test_a_server_signs_and_its_answers_are_checked(
    openssl: Openssl, tmp_path: Path, signer: Sm2Signer, verifier: Sm2Verifier
) -> None:
    """The seam: the key is in another program, here the openssl command."""
    distid = sm_openssl.ID.decode()

    def ask(text: bytes) -> bytes:
        return openssl_signs(openssl, tmp_path, signer.pkcs8(), text, distid)

    server = Sm2ServerSigner(NAME, signer.public, ask)
    assert (server.name, server.key_id, server.vkey) == (signer.name, signer.key_id, signer.vkey)
    assert opened(signed(TEXT, server), [verifier]).text == TEXT
    raw = Sm2ServerSigner(NAME, signer.public, lambda text: halves(signer.sign(text)))
    assert all(verifier.verify(b"raw", raw.sign(b"raw")) for _ in range(50))
    for answer in (b"", bytes(64), signer.sign(b"another text")):
        with pytest.raises(ProofError):
            Sm2ServerSigner(NAME, signer.public, lambda _, given_=answer: given_).sign(b"a text")


def halves(der: bytes) -> bytes:
    """The 64 bytes r and s of a DER signature."""
    first = 4 + der[3]
    parts = (der[4:first], der[first + 2 :])
    return b"".join(int.from_bytes(part, "big").to_bytes(32, "big") for part in parts)


@pytest.fixture
def anew() -> Iterator[None]:
    """The library is looked for again, now and afterwards."""
    sm_openssl.library.cache_clear()
    yield
    sm_openssl.library.cache_clear()


@pytest.mark.usefixtures("anew")
@pytest.mark.parametrize(("name", "said"), [("no-such-library.so", "没有"), ("libc.so.6", "过旧")])
def test_a_machine_without_the_library(
    monkeypatch: pytest.MonkeyPatch, signer: Sm2Signer, name: str, said: str
) -> None:
    monkeypatch.setattr(sm_openssl, "NAMES", (name,))
    monkeypatch.setattr(ctypes.util, "find_library", lambda _: None)
    for act in (lambda: signer.sign(b""), lambda: Sm2Signer(NAME, secret())):
        with pytest.raises(ProofError, match=said):
            act()
    assert sm3(b"abc").hex().startswith("66c7f0f4")  # needs no system library


@pytest.mark.usefixtures("anew")
def test_a_library_that_refuses(monkeypatch: pytest.MonkeyPatch, signer: Sm2Signer) -> None:
    crypto = sm_openssl.library()
    monkeypatch.setattr(crypto, "EVP_DigestSignInit", lambda *_: 0)
    with pytest.raises(ProofError, match="OpenSSL"):
        signer.sign(b"")
    assert crypto.ERR_get_error() == 0


def test_ten_thousand_signatures_leave_memory_as_it_was(signer: Sm2Signer, verifier: Sm2Verifier) -> None:
    def turn(times: int) -> None:
        for _ in range(times):
            signer.sign(b"a text")

    turn(1000)
    before = resident()
    turn(10_000)
    for _ in range(1000):
        assert not verifier.verify(b"a text", b"malformed")
    assert resident() - before < 1 << 20


def resident() -> int:
    """Bytes that this process holds."""
    pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1])
    return pages * resource.getpagesize()


def test_many_threads(signer: Sm2Signer, verifier: Sm2Verifier) -> None:
    held: list[bool] = []

    def work(at: int) -> None:
        for turn in range(40):
            text = f"{at} {turn}".encode()
            signature = signer.sign(text)
            held.extend((verifier.verify(text, signature), not verifier.verify(b"other", signature)))

    threads = [threading.Thread(target=work, args=(at,)) for at in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert held == [True] * 640
