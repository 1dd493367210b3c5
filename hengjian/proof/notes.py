"""Signed notes: a text and the signature lines below it.

What this room accepts, as C2SP signed-note says:
- UTF-8 without ASCII control characters but newline; the last empty line parts text and signatures;
- a key is known by its name and its key id together; signatures of unknown keys are passed over;
- a line of a known key must verify, twice the same key counts once; a note with none is refused;
- base64 in its one canonical form, so that no bit of a line can change unseen.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from hengjian.proof import cosignatures
from hengjian.proof.errors import ProofError
from hengjian.proof.keys import (
    MARK,
    Signature,
    Signer,
    Verifier,
    check_name,
    check_text,
    ed25519_public,
    ed25519_verifies,
    from_base64,
    key_id,
    parse_vkey,
    to_base64,
    valid_name,
    vkey,
)

__all__ = [
    "Ed25519Signer",
    "Ed25519Verifier",
    "Note",
    "Signature",
    "Signer",
    "Verifier",
    "check_name",
    "check_text",
    "ed25519_public",
    "ed25519_verifies",
    "from_base64",
    "key_id",
    "opened",
    "parse",
    "parse_line",
    "parse_vkey",
    "signed",
    "to_base64",
    "valid_name",
    "verifier",
    "vkey",
    "write",
]

MAX_NOTE = 1_000_000
MAX_SIGNATURES = 100
ED25519 = b"\x01"
PRIVATE = b"\xff"


@dataclass(frozen=True)
class Note:
    """A text ending in a newline, and its signatures.

    Clause: SPEC F3
    """

    text: str
    signatures: tuple[Signature, ...] = ()

    def signed_by(self, key: "Verifier | Signer") -> Signature | None:
        """The first signature of this key, whether it verifies or not."""
        return next((s for s in self.signatures if (s.name, s.key_id) == (key.name, key.key_id)), None)


def parse(data: bytes) -> Note:
    """Read a note; nothing of it is trusted before ``opened``.

    Clause: SPEC F3
    Raises: ProofError when it is no signed note.
    """
    if len(data) > MAX_NOTE:
        raise ProofError("签名文本过大", english="note too large")
    try:
        whole = data.decode()
    except UnicodeDecodeError as error:
        raise ProofError("签名文本不是 UTF-8", english="note is not UTF-8") from error
    check_text(whole)
    text, parted, lines = whole.rpartition("\n\n")
    if not parted or not lines:
        raise ProofError("没有签名行", english="note without signatures")
    rows = lines[:-1].split("\n")
    if len(rows) > MAX_SIGNATURES:
        raise ProofError("签名过多", english="too many signatures")
    return Note(text + "\n", tuple(parse_line(row) for row in rows))


def parse_line(line: str) -> Signature:
    """Read one signature line, without its newline.

    Clause: SPEC F3
    Raises: ProofError when it is none.
    """
    mark, name, value = [*line.split(" ", 2), "", ""][:3]
    if mark + " " != MARK or not valid_name(name):
        raise ProofError("签名行写法不对", english="malformed signature line")
    signature = from_base64(value)
    if len(signature) < 5:
        raise ProofError("签名过短", english="signature too short")
    return Signature(name, signature[:4], signature[4:])


def write(note: Note) -> bytes:
    """The note as bytes.

    Clause: SPEC F3
    Raises: ProofError when it could not be read back.
    """
    check_text(note.text)
    for signature in note.signatures:
        check_name(signature.name)
        if len(signature.key_id) != 4 or not signature.value:
            raise ProofError("签名写法不对", signature.name, "malformed signature")
    return (note.text + "\n" + "".join(each.line for each in note.signatures)).encode()


def signed(text: str, *signers: Signer) -> Note:
    """The text signed by each signer.

    Clause: SPEC F3
    """
    check_text(text)
    body = text.encode()
    return Note(text, tuple(Signature(each.name, each.key_id, each.sign(body)) for each in signers))


def opened(note: Note, verifiers: Iterable[Verifier]) -> Note:
    """The note with only those signatures that these keys verify, each key once.

    Clause: SPEC F3
    Raises: ProofError when none verifies, or one of a known key does not.
    """
    known = _by_key(verifiers)
    body = note.text.encode()
    kept: dict[tuple[str, bytes], Signature] = {}
    for signature in note.signatures:
        key = (signature.name, signature.key_id)
        verifier = known.get(key)
        if verifier is None:
            continue
        if not verifier.verify(body, signature.value):
            raise ProofError("签名不符", signature.name, "signature does not verify")
        kept.setdefault(key, signature)
    if not kept:
        raise ProofError("没有可信的签名", english="no signature of a trusted key")
    return Note(note.text, tuple(kept.values()))


def _by_key(verifiers: Iterable[Verifier]) -> Mapping[tuple[str, bytes], Verifier]:
    known: dict[tuple[str, bytes], Verifier] = {}
    for verifier in verifiers:
        key = (verifier.name, verifier.key_id)
        if known.setdefault(key, verifier) is not verifier:
            raise ProofError("两把密钥同名同号", verifier.name, "two keys of one name and id")
    return known


def verifier(vkey: str) -> Verifier:
    """The verifier that a verifier key describes, by its signature type.

    Clause: SPEC F3, SPEC T-I7
    Raises: ProofError when it is malformed, its id is wrong or its type unknown.
    """
    name, material = parse_vkey(vkey)
    for prefix, make in _makers(private=material.startswith(PRIVATE)).items():
        if material.startswith(prefix):
            return make(name, material[len(prefix) :])
    raise ProofError("不认识的签名类型", name, "unknown signature type")


def _makers(*, private: bool) -> Mapping[bytes, Callable[[str, bytes], Verifier]]:
    if private:
        from hengjian.proof import sm

        return {sm.SM2: sm.Sm2Verifier}
    return {
        ED25519: Ed25519Verifier,
        cosignatures.ED25519: cosignatures.Ed25519CosignatureVerifier,
        cosignatures.ML_DSA_44: cosignatures.MlDsa44CosignatureVerifier,
    }


class Ed25519Verifier:
    """Checks plain Ed25519 signatures of notes.

    Clause: SPEC F3
    """

    def __init__(self, name: str, public: bytes) -> None:
        check_name(name)
        self.name = name
        self.key_id = key_id(name, ED25519 + public)
        self.vkey = vkey(name, ED25519 + public)
        self._key = ed25519_public(public, name)

    def verify(self, text: bytes, signature: bytes) -> bool:
        """Whether the signature is this key's over the text."""
        return ed25519_verifies(self._key, signature, text)


class Ed25519Signer:
    """Signs notes with an Ed25519 key made from a 32-byte seed.

    Clause: SPEC F3
    """

    def __init__(self, name: str, seed: bytes) -> None:
        check_name(name)
        self._key = Ed25519PrivateKey.from_private_bytes(seed)
        material = ED25519 + self._key.public_key().public_bytes_raw()
        self.name = name
        self.key_id = key_id(name, material)
        self.vkey = vkey(name, material)

    def sign(self, text: bytes) -> bytes:
        """The signature over a note's text."""
        return self._key.sign(text)
