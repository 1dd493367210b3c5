"""SM2 by the system's own OpenSSL, through ctypes: no Python package that is kept up offers it.

Each call makes what it needs and frees it in the same breath; nothing lives between calls but the loaded
library. So keys may be used from any number of threads (OpenSSL's queue of errors belongs to the thread).
"""

import ctypes
import ctypes.util
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache

from hengjian.proof.errors import ProofError

ID = b"1234567812345678"  # the signer's distinguishing id where nothing else is agreed (GB/T 35276)
OLDEST = 0x30000000
NAMES = ("libcrypto.so.3", "libcrypto.3.dylib", "libcrypto-3-x64.dll")

_P, _PP, _SIZE = ctypes.c_void_p, ctypes.POINTER(ctypes.c_void_p), ctypes.c_size_t
_BYTES, _SIZES = ctypes.c_char_p, ctypes.POINTER(ctypes.c_size_t)
_CALLS: dict[str, tuple[object, tuple[object, ...]]] = {
    "d2i_AutoPrivateKey": (_P, (_P, ctypes.POINTER(_BYTES), ctypes.c_long)),
    "d2i_PUBKEY": (_P, (_P, ctypes.POINTER(_BYTES), ctypes.c_long)),
    "i2d_PUBKEY": (ctypes.c_int, (_P, ctypes.POINTER(_BYTES))),
    "EVP_PKEY_free": (None, (_P,)),
    "EVP_MD_CTX_new": (_P, ()),
    "EVP_MD_CTX_free": (None, (_P,)),
    "EVP_sm3": (_P, ()),
    "EVP_PKEY_CTX_set1_id": (ctypes.c_int, (_P, _BYTES, ctypes.c_int)),
    "EVP_DigestSignInit": (ctypes.c_int, (_P, _PP, _P, _P, _P)),
    "EVP_DigestSign": (ctypes.c_int, (_P, _BYTES, _SIZES, _BYTES, _SIZE)),
    "EVP_DigestVerifyInit": (ctypes.c_int, (_P, _PP, _P, _P, _P)),
    "EVP_DigestVerify": (ctypes.c_int, (_P, _BYTES, _SIZE, _BYTES, _SIZE)),
    "ERR_get_error": (ctypes.c_ulong, ()),
    "ERR_clear_error": (None, ()),
    "ERR_error_string_n": (None, (ctypes.c_ulong, _BYTES, _SIZE)),
    "OpenSSL_version_num": (ctypes.c_ulong, ()),
}


def sign(pkcs8: bytes, message: bytes) -> bytes:
    """The SM2 signature with SM3, as DER, by the secret key written as PKCS #8.

    Clause: SPEC T-I7
    Raises: ProofError when the library is absent or refuses.
    """
    crypto = library()
    with (
        _key(crypto, "d2i_AutoPrivateKey", pkcs8) as key,
        _context(crypto, "EVP_DigestSignInit", key) as context,
    ):
        length = ctypes.c_size_t(0)
        if crypto.EVP_DigestSign(context, None, ctypes.byref(length), message, len(message)) != 1:
            raise _refusal(crypto, "EVP_DigestSign")
        room = ctypes.create_string_buffer(length.value)
        if crypto.EVP_DigestSign(context, room, ctypes.byref(length), message, len(message)) != 1:
            raise _refusal(crypto, "EVP_DigestSign")
        return room.raw[: length.value]


def verify(spki: bytes, message: bytes, signature: bytes) -> bool:
    """Whether the DER signature is this public key's over the message.

    Clause: SPEC T-I7
    Raises: ProofError when the library is absent or takes no such key.
    """
    crypto = library()
    with _key(crypto, "d2i_PUBKEY", spki) as key, _context(crypto, "EVP_DigestVerifyInit", key) as context:
        valid: int = crypto.EVP_DigestVerify(context, signature, len(signature), message, len(message))
        crypto.ERR_clear_error()
        return valid == 1


def public_of(pkcs8: bytes) -> bytes:
    """The public key of a secret one, as SPKI.

    Clause: SPEC T-I7
    Raises: ProofError when the library is absent or takes no such key.
    """
    crypto = library()
    with _key(crypto, "d2i_AutoPrivateKey", pkcs8) as key:
        return _written(crypto, key)


def canonical(spki: bytes) -> bytes:
    """The public key as the library writes it again: shows that its point lies on the curve.

    Clause: SPEC T-I7
    Raises: ProofError when the library is absent or takes no such key.
    """
    crypto = library()
    with _key(crypto, "d2i_PUBKEY", spki) as key:
        return _written(crypto, key)


@cache
def library() -> ctypes.CDLL:
    """The system's libcrypto, 3.0 or newer, with SM2.

    Clause: SPEC T-I7
    Raises: ProofError when there is none.
    """
    for name in (*NAMES, ctypes.util.find_library("crypto")):
        try:
            found = ctypes.CDLL(name) if name else None
        except OSError:
            continue
        if found is not None:
            return _declared(found, str(name))
    raise ProofError("本机没有 OpenSSL 的 libcrypto", "SM2", "no libcrypto of OpenSSL on this machine")


def _declared(crypto: ctypes.CDLL, name: str) -> ctypes.CDLL:
    try:
        for call, (gives, takes) in _CALLS.items():
            function = getattr(crypto, call)
            function.restype, function.argtypes = gives, takes
    except AttributeError as error:
        raise ProofError("libcrypto 过旧或不含国密算法", name, "libcrypto too old or without SM2") from error
    if crypto.OpenSSL_version_num() < OLDEST:
        raise ProofError("libcrypto 过旧或不含国密算法", name, "libcrypto too old or without SM2")
    return crypto


@contextmanager
def _key(crypto: ctypes.CDLL, reader: str, der: bytes) -> Iterator[int]:
    start = ctypes.c_char_p(der)
    key = getattr(crypto, reader)(None, ctypes.byref(start), len(der))
    if not key:
        raise _refusal(crypto, reader)
    try:
        yield key
    finally:
        crypto.EVP_PKEY_free(key)


@contextmanager
def _context(crypto: ctypes.CDLL, start: str, key: int) -> Iterator[int]:
    """A context that hashes with SM3 under the agreed id; the key's own context belongs to it."""
    context = crypto.EVP_MD_CTX_new()
    if not context:
        raise _refusal(crypto, "EVP_MD_CTX_new")
    try:
        inner = ctypes.c_void_p()
        if getattr(crypto, start)(context, ctypes.byref(inner), crypto.EVP_sm3(), None, key) != 1:
            raise _refusal(crypto, start)
        if crypto.EVP_PKEY_CTX_set1_id(inner, ID, len(ID)) != 1:
            raise _refusal(crypto, "EVP_PKEY_CTX_set1_id")
        yield context
    finally:
        crypto.EVP_MD_CTX_free(context)


def _written(crypto: ctypes.CDLL, key: int) -> bytes:
    length = crypto.i2d_PUBKEY(key, None)
    if length <= 0:
        raise _refusal(crypto, "i2d_PUBKEY")
    room = ctypes.create_string_buffer(length)
    end = ctypes.cast(room, ctypes.c_char_p)  # the call moves this pointer, not the room
    if crypto.i2d_PUBKEY(key, ctypes.byref(end)) != length:
        raise _refusal(crypto, "i2d_PUBKEY")
    return room.raw


def _refusal(crypto: ctypes.CDLL, call: str) -> ProofError:
    """What OpenSSL says is the matter; its queue is empty afterwards."""
    text = ctypes.create_string_buffer(256)
    code = crypto.ERR_get_error()
    if code:
        crypto.ERR_error_string_n(code, text, len(text))
    crypto.ERR_clear_error()
    return ProofError(
        "OpenSSL 拒绝了国密运算", f"SM2 {call}", f"OpenSSL refuses: {text.value.decode(errors='replace')}"
    )
