"""Keys of blind signatures: one issuer key signs in one variant of RFC 9474 and nothing else.

The public key is written as the SPKI under the RSASSA-PSS object identifier, in the one form that RFC 9578
(section 8.2.2) prescribes; its SHA-256 is the key id. That form is what a leaf of the log commits to, so a
reader refuses every other spelling of the same key.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property
from hashlib import sha256

import gmpy2
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from hengjian.proof.errors import ProofError

Random = Callable[[int], bytes]  # so many bytes from a cryptographic source: secrets.token_bytes

EXPONENT = 65537
SMALLEST, LARGEST, USUAL = 2048, 4096, 3072  # bits
TRIES = 128  # a sound source fails this often in a row with a chance below 2**-128

_SHA384 = bytes.fromhex("300b0609608648016503040202")
_MGF1 = bytes.fromhex("06092a864886f70d010108")
_RSASSA_PSS = bytes.fromhex("06092a864886f70d01010a")


@dataclass(frozen=True)
class Variant:
    """One of the four ways of RFC 9474: length of the PSS salt and of the prefix that prepares a message.

    Clause: SPEC F3
    Source: RFC 9474, section 5.
    """

    name: str
    salt: int
    prefix: int


RANDOMIZED = Variant("RSABSSA-SHA384-PSS-Randomized", 48, 32)
ZERO_RANDOMIZED = Variant("RSABSSA-SHA384-PSSZERO-Randomized", 0, 32)
DETERMINISTIC = Variant("RSABSSA-SHA384-PSS-Deterministic", 48, 0)
ZERO_DETERMINISTIC = Variant("RSABSSA-SHA384-PSSZERO-Deterministic", 0, 0)
VARIANTS = {
    variant.name: variant for variant in (RANDOMIZED, ZERO_RANDOMIZED, DETERMINISTIC, ZERO_DETERMINISTIC)
}


@dataclass(frozen=True)
class PublicKey:
    """An issuer's public key together with the one variant it is used for.

    Clause: SPEC F3
    Raises: ProofError when the modulus is even or not of 2048 to 4096 bits.
    Source: RFC 9474, sections 4 and 6.2; RFC 9578, section 8.2.2.
    """

    modulus: int
    variant: Variant = RANDOMIZED

    def __post_init__(self) -> None:
        """Refuse a modulus that no honest issuer has."""
        if not SMALLEST <= self.bits <= LARGEST or self.modulus % 2 == 0:
            raise ProofError(
                "模数不是 2048 至 4096 位的奇数",
                "签发密钥",
                "the modulus is not an odd number of 2048 to 4096 bits",
            )

    @property
    def bits(self) -> int:
        """Length of the modulus in bits."""
        return self.modulus.bit_length()

    @property
    def size(self) -> int:
        """Length of the modulus, and of every signature, in bytes."""
        return (self.bits + 7) // 8

    @cached_property
    def number(self) -> gmpy2.mpz:
        """The modulus, ready for arithmetic."""
        return gmpy2.mpz(self.modulus)

    @cached_property
    def openssl(self) -> rsa.RSAPublicKey:
        """The same key as OpenSSL holds it, for verification."""
        return rsa.RSAPublicNumbers(EXPONENT, self.modulus).public_key()

    @cached_property
    def spki(self) -> bytes:
        """The key as DER: the bytes that the log commits to.

        Clause: SPEC F3
        Source: RFC 9578, section 8.2.2; RFC 4055, section 3.1.
        """
        number = _der(0x30, _integer(self.modulus) + _integer(EXPONENT))
        hashed, masked = _der(0xA0, _SHA384), _der(0xA1, _der(0x30, _MGF1 + _SHA384))
        parameters = _der(0x30, hashed + masked + _der(0xA2, _integer(self.variant.salt)))
        return _der(0x30, _der(0x30, _RSASSA_PSS + parameters) + _der(0x03, b"\0" + number))

    @cached_property
    def key_id(self) -> bytes:
        """SHA-256 of the SPKI, 32 bytes.

        Clause: SPEC F3
        Source: RFC 9578, section 6.5.
        """
        return sha256(self.spki).digest()

    @classmethod
    def parse(cls, spki: bytes, variant: Variant = RANDOMIZED) -> "PublicKey":
        """Read the one accepted form of a key.

        Clause: SPEC F3
        Raises: ProofError for another kind of key, exponent or salt length, or another spelling of this key.
        """
        try:
            found = serialization.load_der_public_key(spki)
        except (ValueError, UnsupportedAlgorithm) as error:
            raise ProofError("不是 DER 写法的公钥", "签发密钥", "not a public key in DER") from error
        if not isinstance(found, rsa.RSAPublicKey):
            raise ProofError("不是 RSA 密钥", "签发密钥", "not an RSA key")
        key = cls(found.public_numbers().n, variant)
        if key.spki != spki:
            raise ProofError("不是规定写法的公钥", variant.name, "not the prescribed form of the key")
        return key


@dataclass(frozen=True)
class SecretKey:
    """An issuer's secret key. Its numbers never show in ``repr``.

    Clause: SPEC F3
    Raises: ProofError when the factors do not make an RSA key.
    """

    p: int = field(repr=False)
    q: int = field(repr=False)
    variant: Variant = RANDOMIZED

    def __post_init__(self) -> None:
        """Have OpenSSL hold the numbers against each other."""
        try:
            self._openssl()
        except (ValueError, ZeroDivisionError) as error:
            raise ProofError(
                "这两个因子不成 RSA 密钥", "签发密钥", "these factors make no RSA key"
            ) from error
        _ = self.public

    @cached_property
    def public(self) -> PublicKey:
        """The public half."""
        return PublicKey(self.p * self.q, self.variant)

    @cached_property
    def halves(self) -> tuple[gmpy2.mpz, gmpy2.mpz, gmpy2.mpz, gmpy2.mpz, gmpy2.mpz]:
        """What the Chinese remainder theorem takes: p, q, their exponents, and 1/q modulo p."""
        p, q = gmpy2.mpz(self.p), gmpy2.mpz(self.q)
        e = gmpy2.mpz(EXPONENT)
        return p, q, gmpy2.invert(e, p - 1), gmpy2.invert(e, q - 1), gmpy2.invert(q, p)

    def _openssl(self) -> rsa.RSAPrivateKey:
        d = pow(EXPONENT, -1, (self.p - 1) * (self.q - 1))
        dp, dq = d % (self.p - 1), d % (self.q - 1)
        public = rsa.RSAPublicNumbers(EXPONENT, self.p * self.q)
        inverse = pow(self.q, -1, self.p)
        return rsa.RSAPrivateNumbers(self.p, self.q, d, dp, dq, inverse, public).private_key()

    def pem(self, passphrase: bytes | None = None) -> bytes:
        """The key as PKCS #8 for the issuer's key file; sealed when a passphrase is given."""
        seal: serialization.KeySerializationEncryption = serialization.NoEncryption()
        if passphrase is not None:
            seal = serialization.BestAvailableEncryption(passphrase)
        pem, pkcs8 = serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8
        return self._openssl().private_bytes(pem, pkcs8, seal)

    @classmethod
    def parse(cls, pem: bytes, variant: Variant = RANDOMIZED, passphrase: bytes | None = None) -> "SecretKey":
        """Read a key file.

        Raises: ProofError when it is none, sealed otherwise, or has another exponent.
        """
        try:
            found = serialization.load_pem_private_key(pem, passphrase)
        except (ValueError, TypeError, UnsupportedAlgorithm) as error:
            raise ProofError("读不出 PEM 私钥", "签发密钥", "not a readable secret key in PEM") from error
        return cls._of(found, variant)

    @classmethod
    def generated(cls, variant: Variant = RANDOMIZED, bits: int = USUAL) -> "SecretKey":
        """A new key. The one place of this room with a random source of its own: that of OpenSSL.

        Clause: SPEC F3
        Source: RFC 9474, section 6.2 (FIPS 186).
        """
        return cls._of(rsa.generate_private_key(EXPONENT, bits), variant)

    @classmethod
    def _of(cls, found: object, variant: Variant) -> "SecretKey":
        if not isinstance(found, rsa.RSAPrivateKey) or found.public_key().public_numbers().e != EXPONENT:
            raise ProofError("不是指数为 65537 的 RSA 密钥", "签发密钥", "not an RSA key with exponent 65537")
        numbers = found.private_numbers()
        return cls(numbers.p, numbers.q, variant)


def drawn(random: Random, length: int) -> bytes:
    """So many bytes from the caller's source, counted.

    Raises: ProofError when the source gives another number of bytes.
    """
    got = random(length)
    if len(got) != length:
        raise ProofError(
            f"要 {length} 字节，给了 {len(got)}", "随机源", f"{len(got)} bytes instead of {length}"
        )
    return got


def uniform(random: Random, bound: int) -> int:
    """A number from 1 to bound - 1, all equally likely, by rejection.

    Raises: ProofError when the source cannot be random.
    Source: RFC 9474, section 4.2.
    """
    bits = bound.bit_length()
    for _ in range(TRIES):
        number = int.from_bytes(drawn(random, (bits + 7) // 8), "big") & ((1 << bits) - 1)
        if 0 < number < bound:
            return number
    raise ProofError("多次取数都不在范围内", "随机源", "no number in range after many tries")


def _der(tag: int, content: bytes) -> bytes:
    length = len(content)
    if length < 0x80:
        return bytes([tag, length]) + content
    written = length.to_bytes((length.bit_length() + 7) // 8, "big")
    return bytes([tag, 0x80 | len(written)]) + written + content


def _integer(number: int) -> bytes:
    return _der(0x02, number.to_bytes(number.bit_length() // 8 + 1, "big"))
