"""The Chinese commercial ciphers: SM3 digests beside SHA-256, and an SM2 signature line for signed notes.

C2SP signed-note has no number for SM2, so the line is of the private type 0xff followed by a name of ours;
both stand in the key material, so no other type can have the same key id. The signature is SM2 with SM3 and
the id 1234567812345678, written as DER (GM/T 0009): ``openssl dgst -sm3 -verify`` accepts it as it stands.

A certified signature server (签名验签服务器, GM/T 0029) takes the place of a key on disk by
:class:`Sm2ServerSigner`, or by any class with ``name``, ``key_id``, ``vkey`` and ``sign(text)``: the Signer
protocol of ``notes`` asks for nothing more. Those who check use :class:`Sm2Verifier` either way.
"""

from collections.abc import Callable

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes

from hengjian.proof import sm_openssl
from hengjian.proof.errors import ProofError
from hengjian.proof.keys import check_name, key_id, vkey

SM2 = b"\xffhengjian/sm2-with-sm3/v1\n"
ORDER = 0xFFFFFFFEFFFFFFFFFFFFFFFFFFFFFFFF7203DF6B21C6052B53BBF40939D54123

_SPKI = bytes.fromhex("3059301306072a8648ce3d020106082a811ccf5501822d034200")  # a point of 65 bytes follows
_ALGORITHM = _SPKI[2:23]


def sm3(data: bytes) -> bytes:
    """The SM3 digest, 32 bytes.

    Clause: SPEC T-I7
    Raises: ProofError where the cipher library comes without SM3.
    Source: GB/T 32905.
    """
    try:
        digest = hashes.Hash(hashes.SM3())
    except UnsupportedAlgorithm as error:
        raise ProofError("密码库不含 SM3", "SM3", "the cipher library has no SM3") from error
    digest.update(data)
    return digest.finalize()


class Sm2Verifier:
    """Checks SM2 signatures of notes. ``public`` is the point, 65 bytes, uncompressed.

    Clause: SPEC T-I7
    Raises: ProofError when it is no point of the curve, or the system's OpenSSL is absent.
    """

    def __init__(self, name: str, public: bytes) -> None:
        check_name(name)
        self.name = name
        self.public = public
        self.key_id = key_id(name, SM2 + public)
        self.vkey = vkey(name, SM2 + public)
        self.spki = _SPKI + public
        if len(public) != 65 or sm_openssl.canonical(self.spki) != self.spki:
            raise ProofError("公钥不合", name, "malformed public key")

    def verify(self, text: bytes, signature: bytes) -> bool:
        """Whether the signature is this key's over the text."""
        return sm_openssl.verify(self.spki, text, signature)


class Sm2Signer:
    """Signs notes with an SM2 key made from a 32-byte secret number. OpenSSL draws each signature's nonce.

    Clause: SPEC T-I7
    Raises: ProofError when the number is no secret key, or the system's OpenSSL is absent.
    """

    def __init__(self, name: str, secret: bytes) -> None:
        if len(secret) != 32 or not is_secret(secret):
            raise ProofError("私钥不合", name, "malformed secret key")
        self._pkcs8 = _pkcs8(secret)
        self.public = sm_openssl.public_of(self._pkcs8)[len(_SPKI) :]
        self._pkcs8 = _pkcs8(secret, self.public)  # spares the library from finding the point each time
        verifier = Sm2Verifier(name, self.public)
        self.name, self.key_id, self.vkey = verifier.name, verifier.key_id, verifier.vkey

    def sign(self, text: bytes) -> bytes:
        """The signature over a note's text."""
        return sm_openssl.sign(self._pkcs8, text)

    def pkcs8(self) -> bytes:
        """The key as PKCS #8 in DER, for a key file or another program."""
        return self._pkcs8


class Sm2ServerSigner:
    """Signs notes by a key that stays outside, in a certified signature server or card.

    Clause: SPEC T-I7
    ``ask`` sends the text there and returns the signature: DER, or the 64 bytes r and s of GM/T 0018.
    What comes back is verified before it is handed on.
    """

    def __init__(self, name: str, public: bytes, ask: Callable[[bytes], bytes]) -> None:
        self._verifier = Sm2Verifier(name, public)
        self.name, self.key_id, self.vkey = name, self._verifier.key_id, self._verifier.vkey
        self._ask = ask

    def sign(self, text: bytes) -> bytes:
        """The signature over a note's text.

        Raises: ProofError when the server's answer does not verify.
        """
        answer = self._ask(text)
        signature = _der(answer) if len(answer) == 64 else answer
        if not self._verifier.verify(text, signature):
            raise ProofError("签名服务器给的签名不符", self.name, "the server's signature does not verify")
        return signature


def is_secret(number: bytes) -> bool:
    """Whether these bytes are a secret key: a number from 1 to the order less 2. Draw again when not.

    Clause: SPEC T-I7
    Source: GB/T 32918.1, section 6.1.
    """
    return 0 < int.from_bytes(number, "big") < ORDER - 1


def _pkcs8(secret: bytes, public: bytes = b"") -> bytes:
    point = b"\xa1\x44\x03\x42\x00" + public if public else b""
    inner = _tagged(0x30, b"\x02\x01\x01\x04\x20" + secret + point)
    return _tagged(0x30, b"\x02\x01\x00" + _ALGORITHM + _tagged(0x04, inner))


def _der(raw: bytes) -> bytes:
    halves = (int.from_bytes(raw[:32], "big"), int.from_bytes(raw[32:], "big"))
    return _tagged(
        0x30, b"".join(_tagged(0x02, half.to_bytes(half.bit_length() // 8 + 1, "big")) for half in halves)
    )


def _tagged(tag: int, content: bytes) -> bytes:
    long = b"\x81" if len(content) > 127 else b""
    return bytes([tag]) + long + bytes([len(content)]) + content
