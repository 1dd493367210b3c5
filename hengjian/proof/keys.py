"""Names, ids and texts of the keys that sign notes, and what signing and checking ask of a key.

The layer below notes, cosignatures and other signature types. Source: C2SP signed-note.
"""

import base64
import binascii
from dataclasses import dataclass
from hashlib import sha256
from typing import Protocol

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from hengjian.proof.errors import ProofError

MARK = "— "


@dataclass(frozen=True)
class Signature:
    """One signature line: who, by which key, and the signature's bytes.

    Clause: SPEC F3
    """

    name: str
    key_id: bytes
    value: bytes

    @property
    def line(self) -> str:
        """The line as it stands in a note, with its newline."""
        return f"{MARK}{self.name} {to_base64(self.key_id + self.value)}\n"


class Signer(Protocol):
    """Something that signs notes: a key at hand, or a device or certified server that holds one.

    Clause: SPEC F3, SPEC T-I7
    """

    @property
    def name(self) -> str:
        """The key's name."""

    @property
    def key_id(self) -> bytes:
        """The four bytes that go with the name."""

    @property
    def vkey(self) -> str:
        """The verifier key, for those who check."""

    def sign(self, text: bytes) -> bytes:
        """The signature over a note's text."""


class Verifier(Protocol):
    """Something that checks the signatures of one key.

    Clause: SPEC F3, SPEC T-I7
    """

    @property
    def name(self) -> str:
        """The key's name."""

    @property
    def key_id(self) -> bytes:
        """The four bytes that go with the name."""

    def verify(self, text: bytes, signature: bytes) -> bool:
        """Whether the signature is this key's over the text."""


def key_id(name: str, material: bytes) -> bytes:
    """The key id of a name and its key material (signature type and public key).

    Clause: SPEC F3
    """
    return sha256(name.encode() + b"\n" + material).digest()[:4]


def vkey(name: str, material: bytes) -> str:
    """The verifier key as text.

    Clause: SPEC F3
    """
    check_name(name)
    return f"{name}+{key_id(name, material).hex()}+{to_base64(material)}"


def parse_vkey(vkey: str) -> tuple[str, bytes]:
    """The name and the key material of a verifier key.

    Clause: SPEC F3
    Raises: ProofError when it is malformed or its id is not that of its name and material.
    """
    parts = vkey.split("+", 2)
    if len(parts) != 3 or not valid_name(parts[0]):
        raise ProofError("验证公钥写法不对", vkey[:80], "malformed verifier key")
    name, number, encoded = parts
    material = from_base64(encoded)
    if not material or number != key_id(name, material).hex():
        raise ProofError("验证公钥的编号不对", name, "key id does not fit the key")
    return name, material


def ed25519_public(public: bytes, name: str) -> Ed25519PublicKey:
    """The public key of these 32 bytes.

    Clause: SPEC F3
    """
    try:
        return Ed25519PublicKey.from_public_bytes(public)
    except ValueError as error:
        raise ProofError("公钥不合", name, "malformed public key") from error


def ed25519_verifies(key: Ed25519PublicKey, signature: bytes, message: bytes) -> bool:
    """Whether the signature is the key's over the message.

    Clause: SPEC F3
    """
    try:
        key.verify(signature, message)
    except InvalidSignature:
        return False
    return True


def valid_name(name: str) -> bool:
    """Whether a key may have this name: not empty, no space of any script, plus, control or lone surrogate.

    Clause: SPEC F3
    """
    return bool(name) and not any(
        each.isspace() or each == "+" or each < " " or "\ud800" <= each <= "\udfff" for each in name
    )


def check_name(name: str) -> None:
    """Refuse what may not be a key's name.

    Clause: SPEC F3
    """
    if not valid_name(name):
        raise ProofError("密钥名不合", repr(name), "malformed key name")


def check_text(text: str) -> None:
    """Refuse what may not be a note's text.

    Clause: SPEC F3
    """
    if not text.endswith("\n") or any(each < " " and each != "\n" for each in text):
        raise ProofError(
            "文本含控制字符或不以换行结尾", english="control character, or no newline at the end"
        )


def to_base64(data: bytes) -> str:
    """Standard base64.

    Clause: SPEC F3
    """
    return base64.b64encode(data).decode()


def from_base64(text: str) -> bytes:
    """The bytes of standard base64 in its one canonical form.

    Clause: SPEC F3
    Raises: ProofError on any other form.
    """
    try:
        data = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError) as error:
        raise ProofError("不是 base64", english="not base64") from error
    if to_base64(data) != text:
        raise ProofError("不是规范的 base64", english="not canonical base64")
    return data
