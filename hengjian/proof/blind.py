"""Blind signatures by RFC 9474: the issuer signs a ballot's token without seeing it.

The rater's side: :func:`prepare`, :func:`blind`, :func:`finalize`. The issuer's side: :func:`blind_sign`.
Whoever redeems: :func:`verify`. Randomness is an argument everywhere; give ``secrets.token_bytes``.

The issuer's operation holds three guards. The base is blinded anew for each signature, so that what the
secret exponents touch is independent of what the client sent. The powers run in constant time
(``gmpy2.powmod_sec``). The result is verified with the public exponent before it is released, since one
faulty result of the Chinese remainder theorem would give the factors away. Whatever fails there fails with
the same error.
"""

from dataclasses import dataclass, field
from functools import cache
from hashlib import sha384

import gmpy2
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding

from hengjian.proof.blind_keys import EXPONENT, PublicKey, Random, SecretKey, drawn, uniform
from hengjian.proof.errors import ProofError

_HASH = 48  # bytes of SHA-384
_SHA384 = hashes.SHA384()


@dataclass(frozen=True)
class Blinded:
    """What goes to the issuer, and the secret that takes the blinding off its answer again.

    Clause: SPEC F3
    """

    message: bytes
    inverse: int = field(repr=False)


def prepare(key: PublicKey, message: bytes, random: Random) -> bytes:
    """Put a fresh prefix before the message where the variant asks for one.

    Clause: SPEC F3
    Source: RFC 9474, section 4.1.
    """
    return drawn(random, key.variant.prefix) + message


def blind(key: PublicKey, prepared: bytes, random: Random) -> Blinded:
    """Encode a prepared message and hide it behind a random factor.

    Clause: SPEC F3
    Raises: ProofError when the key must be wrong or the source cannot be random.
    Source: RFC 9474, section 4.2.
    """
    salt = drawn(random, key.variant.salt)
    encoded = gmpy2.mpz(int.from_bytes(_encoded(prepared, key.bits - 1, salt), "big"))
    if gmpy2.gcd(encoded, key.number) != 1:
        raise ProofError("消息与模数有公因子", "签发密钥", "the message shares a factor with the modulus")
    factor = gmpy2.mpz(uniform(random, key.modulus))
    inverse = _inverse(factor, key.number)
    hidden = encoded * gmpy2.powmod(factor, EXPONENT, key.number) % key.number
    return Blinded(_bytes(hidden, key), int(inverse))


def blind_sign(key: SecretKey, blinded: bytes, random: Random) -> bytes:
    """Sign what a client sent, unseen.

    Clause: SPEC F3
    Raises: ProofError, always the same, when the length or range is wrong or the result does not verify.
    Source: RFC 9474, sections 4.3 and 7.1; RFC 8017, section 5.2.1.
    """
    public = key.public
    number = gmpy2.mpz(int.from_bytes(blinded, "big")) if len(blinded) == public.size else public.number
    if number >= public.number:
        raise _refusal()
    signature = _power(key, number, random)
    if gmpy2.powmod(signature, EXPONENT, public.number) != number:
        raise _refusal()
    return _bytes(signature, public)


def finalize(key: PublicKey, prepared: bytes, blind_signature: bytes, inverse: int) -> bytes:
    """Take the blinding off the issuer's answer, and verify what comes out.

    Clause: SPEC F3
    Raises: ProofError when the answer has another length or gives no valid signature.
    Source: RFC 9474, section 4.4.
    """
    if len(blind_signature) != key.size:
        raise ProofError("长度不对", "盲签名", "wrong length")
    hidden = int.from_bytes(blind_signature, "big")
    if hidden >= key.modulus or not 0 < inverse < key.modulus:
        raise ProofError("超出范围", "盲签名", "out of range")
    signature = _bytes(gmpy2.mpz(hidden) * inverse % key.number, key)
    verify(key, prepared, signature)
    return signature


def verify(key: PublicKey, prepared: bytes, signature: bytes) -> None:
    """Hold a signature against a prepared message. Returns nothing when it is valid.

    Clause: SPEC F3
    Raises: ProofError when it is not.
    Source: RFC 9474, section 4.5; RFC 8017, section 8.1.2.
    """
    try:
        if len(prepared) < key.variant.prefix or len(signature) != key.size:
            raise InvalidSignature
        key.openssl.verify(signature, prepared, _scheme(key.variant.salt), _SHA384)
    except InvalidSignature as error:
        raise ProofError("签名与消息、密钥不符", "签名", "not valid for this message and key") from error


@cache
def _scheme(salt: int) -> padding.PSS:
    return padding.PSS(padding.MGF1(_SHA384), salt)


def _refusal() -> ProofError:
    return ProofError("未予签名", "盲化消息", "not signed")


def _power(key: SecretKey, number: gmpy2.mpz, random: Random) -> gmpy2.mpz:
    """The secret power of a number, computed on a randomly blinded base, by halves."""
    n = key.public.number
    p, q, dp, dq, coefficient = key.halves
    factor, mask = (gmpy2.mpz(uniform(random, key.public.modulus)) for _ in range(2))
    inverse = _inverse(factor * mask % n, n) * mask % n  # inversion's time tells of the product only
    base = number * gmpy2.powmod(factor, EXPONENT, n) % n
    by_p, by_q = gmpy2.powmod_sec(base, dp, p), gmpy2.powmod_sec(base, dq, q)
    joined = by_q + q * ((by_p - by_q) * coefficient % p)
    return joined * inverse % n


def _inverse(number: gmpy2.mpz, n: gmpy2.mpz) -> gmpy2.mpz:
    try:
        return gmpy2.invert(number, n)
    except ZeroDivisionError as error:
        raise ProofError("随机数没有逆元", "签发密钥", "a random number has no inverse") from error


def _encoded(message: bytes, bits: int, salt: bytes) -> bytes:
    """EMSA-PSS-ENCODE with SHA-384 (RFC 8017, section 9.1.1). A key of 2048 bits leaves room for any salt."""
    length = (bits + 7) // 8
    digest = sha384(bytes(8) + sha384(message).digest() + salt).digest()
    block = bytes(length - len(salt) - _HASH - 2) + b"\x01" + salt
    masked = bytearray(one ^ other for one, other in zip(block, _mask(digest, len(block)), strict=True))
    masked[0] &= 0xFF >> (8 * length - bits)
    return bytes(masked) + digest + b"\xbc"


def _mask(seed: bytes, length: int) -> bytes:
    """MGF1 with SHA-384 (RFC 8017, section B.2.1)."""
    count = -(-length // _HASH)
    return b"".join(sha384(seed + at.to_bytes(4, "big")).digest() for at in range(count))[:length]


def _bytes(number: gmpy2.mpz, key: PublicKey) -> bytes:
    return int(number).to_bytes(key.size, "big")
