"""Cosignatures of witnesses: a time-stamped signature over a checkpoint, Ed25519 or ML-DSA-44.

Source: C2SP tlog-cosignature. The Ed25519 form signs the whole text of the checkpoint, the ML-DSA-44 form
its origin, size and root with the cosigner's name. (ML-DSA signing is hedged: the cipher library mixes
in random bytes of its own, so two signatures of one text differ; nothing else here draws any.)
"""

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.mldsa import MLDSA44PrivateKey, MLDSA44PublicKey

from hengjian.proof.checkpoints import Checkpoint
from hengjian.proof.errors import ProofError
from hengjian.proof.keys import Signature, check_name, ed25519_public, ed25519_verifies, key_id, vkey

ED25519 = b"\x04"
ML_DSA_44 = b"\x06"
ED25519_SIZE = 64
ML_DSA_44_SIZE = 2420
MAX_TIME = (1 << 63) - 1


def timestamp(value: bytes) -> int:
    """When a cosignature says it was made, in seconds since 1970; only to be trusted once it is verified.

    Clause: SPEC F3
    Raises: ProofError when there is none, or it is beyond 2^63-1.
    """
    time = int.from_bytes(value[:8], "big")
    if len(value) < 8 or time > MAX_TIME:
        raise ProofError("联署的时间不合", english="malformed time of a cosignature")
    return time


class _Cosigner:
    """What both kinds of cosigners share."""

    def __init__(self, name: str, material: bytes) -> None:
        check_name(name)
        self.name = name
        self.key_id = key_id(name, material)
        self.vkey = vkey(name, material)

    def cosign(self, checkpoint_text: str, timestamp: int) -> Signature:
        """The cosignature of a checkpoint's text at this time."""
        if not 0 <= timestamp <= MAX_TIME:
            raise ProofError("联署的时间不合", self.name, "malformed time of a cosignature")
        value = timestamp.to_bytes(8, "big") + self._signature(checkpoint_text, timestamp)
        return Signature(self.name, self.key_id, value)

    def _signature(self, text: str, time: int) -> bytes:
        raise NotImplementedError


class Ed25519Cosigner(_Cosigner):
    """Cosigns with an Ed25519 key made from a 32-byte seed.

    Clause: SPEC F3
    """

    def __init__(self, name: str, seed: bytes) -> None:
        self._key = Ed25519PrivateKey.from_private_bytes(seed)
        super().__init__(name, ED25519 + self._key.public_key().public_bytes_raw())

    def _signature(self, text: str, time: int) -> bytes:
        Checkpoint.parse(text)
        return self._key.sign(_ed25519_message(text.encode(), time))


class MlDsa44Cosigner(_Cosigner):
    """Cosigns with an ML-DSA-44 key made from a 32-byte seed.

    Clause: SPEC F3
    """

    def __init__(self, name: str, seed: bytes) -> None:
        self._key = MLDSA44PrivateKey.from_seed_bytes(seed)
        super().__init__(name, ML_DSA_44 + self._key.public_key().public_bytes_raw())

    def _signature(self, text: str, time: int) -> bytes:
        return self._key.sign(_ml_dsa_message(self.name, text, time))


class _CosignatureVerifier:
    """What both kinds of verifiers share."""

    name: str

    def verify(self, text: bytes, signature: bytes) -> bool:
        """Whether the cosignature is this key's over the checkpoint's text."""
        try:
            self.time(text, signature)
        except ProofError:
            return False
        return True

    def time(self, text: bytes, signature: bytes) -> int:
        """The time of a cosignature that verifies.

        Raises: ProofError when it does not.
        """
        time = timestamp(signature)
        if not self._verifies(text, time, signature[8:]):
            raise ProofError("联署不符", self.name, "cosignature does not verify")
        return time

    def _verifies(self, text: bytes, time: int, signature: bytes) -> bool:
        raise NotImplementedError


class Ed25519CosignatureVerifier(_CosignatureVerifier):
    """Checks Ed25519 cosignatures of one witness.

    Clause: SPEC F3
    """

    def __init__(self, name: str, public: bytes) -> None:
        self.name = name
        self.key_id = key_id(name, ED25519 + public)
        self.vkey = vkey(name, ED25519 + public)
        self._key = ed25519_public(public, name)

    def _verifies(self, text: bytes, time: int, signature: bytes) -> bool:
        Checkpoint.parse(_decoded(text))
        return ed25519_verifies(self._key, signature, _ed25519_message(text, time))


class MlDsa44CosignatureVerifier(_CosignatureVerifier):
    """Checks ML-DSA-44 cosignatures of one witness.

    Clause: SPEC F3
    """

    def __init__(self, name: str, public: bytes) -> None:
        self.name = name
        self.key_id = key_id(name, ML_DSA_44 + public)
        self.vkey = vkey(name, ML_DSA_44 + public)
        try:
            self._key = MLDSA44PublicKey.from_public_bytes(public)
        except ValueError as error:
            raise ProofError("公钥不合", name, "malformed public key") from error

    def _verifies(self, text: bytes, time: int, signature: bytes) -> bool:
        message = _ml_dsa_message(self.name, _decoded(text), time)
        try:
            self._key.verify(signature, message)
        except (InvalidSignature, ValueError):
            return False
        return True


def _ed25519_message(text: bytes, time: int) -> bytes:
    return b"cosignature/v1\ntime %d\n" % time + text


def _ml_dsa_message(name: str, text: str, time: int) -> bytes:
    checkpoint = Checkpoint.parse(text)
    before = b"subtree/v1\n\x00" + _short(name) + time.to_bytes(8, "big") + _short(checkpoint.origin)
    return before + bytes(8) + checkpoint.size.to_bytes(8, "big") + checkpoint.root


def _short(text: str) -> bytes:
    data = text.encode()
    if not 1 <= len(data) <= 255:
        raise ProofError("名称过长", text[:40], "name longer than 255 bytes")
    return bytes([len(data)]) + data


def _decoded(text: bytes) -> str:
    try:
        return text.decode()
    except UnicodeDecodeError as error:
        raise ProofError("文本不是 UTF-8", english="text is not UTF-8") from error
