"""Blind signatures: the numbers of RFC 9474, round trips, and everything that must be refused."""

import json
import re
import secrets
from collections.abc import Callable
from pathlib import Path

import gmpy2
import pytest
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from hengjian.proof import blind_keys
from hengjian.proof.blind import blind, blind_sign, finalize, prepare, verify
from hengjian.proof.blind_keys import RANDOMIZED, VARIANTS, ZERO_RANDOMIZED, PublicKey, SecretKey
from hengjian.proof.errors import ProofError

RFC = json.loads((Path(__file__).parent / "rfc9474.json").read_text(encoding="ascii"))
NUMBER = {name: int(digits, 16) for name, digits in RFC["key"].items()}
# RFC 9578, section 8.2.2: how the key of its test vectors (2048 bits) begins
RFC_9578 = bytes.fromhex(
    "30820152303d06092a864886f70d01010a3030a00d300b0609608648016503040202a11a301806092a864886f70d010108"
    "300b0609608648016503040202a2030201300382010f003082010a0282010100"
)
FEW = settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
random = secrets.token_bytes


@pytest.fixture(scope="module", params=list(VARIANTS.values()), ids=list(VARIANTS))
def key(request: pytest.FixtureRequest) -> SecretKey:
    """A key of the usual length, for one variant."""
    return SecretKey.generated(request.param)


@pytest.fixture(scope="module")
def small() -> SecretKey:
    """A key whose operations are quick."""
    return SecretKey.generated(RANDOMIZED, 2048)


def handing_out(*parts: bytes) -> Callable[[int], bytes]:
    """A source that hands out these bytes in this order."""
    stock = list(parts)

    def give(length: int) -> bytes:
        if not length:
            return b""
        assert len(stock[0]) == length
        return stock.pop(0)

    return give


def signed(key: SecretKey, message: bytes) -> tuple[bytes, bytes]:
    """A prepared message and its signature, made as rater and issuer make them."""
    prepared = prepare(key.public, message, random)
    hidden = blind(key.public, prepared, random)
    answer = blind_sign(key, hidden.message, random)
    return prepared, finalize(key.public, prepared, answer, hidden.inverse)


def flipped(data: bytes, bit: int) -> bytes:
    """The data with one bit turned over."""
    changed = bytearray(data)
    changed[bit // 8 % len(data)] ^= 1 << bit % 8
    return bytes(changed)


def refused(act: Callable[[], object]) -> str:
    with pytest.raises(ProofError) as caught:
        act()
    return str(caught.value)


@pytest.mark.parametrize("vector", RFC["vectors"], ids=lambda vector: vector["variant"])
def test_vectors_of_the_rfc_byte_for_byte(vector: dict[str, str]) -> None:
    given_ = {name: bytes.fromhex(digits) for name, digits in vector.items() if name != "variant"}
    key = SecretKey(NUMBER["p"], NUMBER["q"], VARIANTS[vector["variant"]])
    public = key.public
    assert public.modulus == NUMBER["n"]
    prepared = prepare(public, given_["msg"], handing_out(given_["msg_prefix"]))
    assert prepared == given_["prepared_msg"]
    inverse = int.from_bytes(given_["inv"], "big")
    factor = pow(inverse, -1, public.modulus).to_bytes(512, "big")
    salt = [given_["salt"]] if given_["salt"] else []
    hidden = blind(public, prepared, handing_out(*salt, factor))
    assert (hidden.message, hidden.inverse) == (given_["blinded_msg"], inverse)
    assert blind_sign(key, hidden.message, random) == given_["blind_sig"]
    assert finalize(public, prepared, given_["blind_sig"], inverse) == given_["sig"]
    verify(public, prepared, given_["sig"])


@FEW
@given(message=st.binary(max_size=200))
def test_round_trip_is_an_ordinary_pss_signature(key: SecretKey, message: bytes) -> None:
    prepared, signature = signed(key, message)
    verify(key.public, prepared, signature)
    assert prepared.endswith(message)
    scheme = padding.PSS(padding.MGF1(hashes.SHA384()), key.variant.salt)
    key.public.openssl.verify(signature, prepared, scheme, hashes.SHA384())


@FEW
@given(bit=st.integers(0, 10**6), where=st.sampled_from(["message", "signature", "answer", "blinded"]))
def test_any_flipped_bit_is_refused(small: SecretKey, bit: int, where: str) -> None:
    prepared = prepare(small.public, "一票".encode(), random)
    hidden = blind(small.public, prepared, random)
    sent = flipped(hidden.message, bit) if where == "blinded" else hidden.message
    if int.from_bytes(sent, "big") >= small.public.modulus:
        refused(lambda: blind_sign(small, sent, random))
        return
    answer = blind_sign(small, sent, random)
    if where in ("blinded", "answer"):
        changed = flipped(answer, bit) if where == "answer" else answer
        refused(lambda: finalize(small.public, prepared, changed, hidden.inverse))
        return
    signature = finalize(small.public, prepared, answer, hidden.inverse)
    verify(small.public, prepared, signature)
    if where == "message":
        refused(lambda: verify(small.public, flipped(prepared, bit), signature))
    else:
        refused(lambda: verify(small.public, prepared, flipped(signature, bit)))


def test_every_bit_of_one_signature_and_message(small: SecretKey) -> None:
    prepared, signature = signed(small, b"a ballot")
    for bit in range(8 * len(signature)):
        refused(lambda at=bit: verify(small.public, prepared, flipped(signature, at)))
    for bit in range(8 * len(prepared)):
        refused(lambda at=bit: verify(small.public, flipped(prepared, at), signature))


def test_the_issuer_sees_nothing_of_the_message(small: SecretKey) -> None:
    """Any blinded message fits any pair of message and signature: some factor links them."""
    pairs = [signed(small, b"one"), signed(small, b"two")]
    n = small.public.modulus
    sent = blind(small.public, prepare(small.public, b"three", random), random).message
    for _, signature in pairs:
        encoded = pow(int.from_bytes(signature, "big"), blind_keys.EXPONENT, n)
        power = int.from_bytes(sent, "big") * pow(encoded, -1, n) % n
        factor = int.from_bytes(blind_sign(small, power.to_bytes(small.public.size, "big"), random), "big")
        assert encoded * pow(factor, blind_keys.EXPONENT, n) % n == int.from_bytes(sent, "big")


def test_lengths_and_ranges(small: SecretKey) -> None:
    public, size = small.public, small.public.size
    prepared = prepare(public, b"", random)
    hidden = blind(public, prepared, random)
    answer = blind_sign(small, hidden.message, random)
    n = public.modulus.to_bytes(size, "big")
    words = {
        refused(lambda sent=sent: blind_sign(small, sent, random))
        for sent in (b"", bytes(size - 1), bytes(size + 1), b"\0" + hidden.message, n, b"\xff" * size)
    }
    assert len(words) == 1, "one refusal, whatever was wrong"
    top = (public.modulus - 1).to_bytes(size, "big")
    assert blind_sign(small, top, random) == top  # n - 1 is in range and its own odd power
    for wrong in (b"", answer[1:], b"\0" + answer, n):
        refused(lambda sent=wrong: finalize(public, prepared, sent, hidden.inverse))
    for inverse in (0, -1, public.modulus, public.modulus + hidden.inverse):
        refused(lambda at=inverse: finalize(public, prepared, answer, at))
    signature = finalize(public, prepared, answer, hidden.inverse)
    plus = int.from_bytes(signature, "big") + public.modulus
    longer = plus.to_bytes(max(size, (plus.bit_length() + 7) // 8), "big")
    for wrong in (b"", signature[1:], b"\0" + signature, longer):
        refused(lambda sent=wrong: verify(public, prepared, sent))
    refused(lambda: verify(public, prepared[:31], signature))


def test_a_message_without_its_prefix_is_refused(small: SecretKey) -> None:
    """Even when the issuer's key has signed it: it was prepared by no client of this variant."""
    plain = serialization.load_pem_private_key(small.pem(), None)
    assert isinstance(plain, rsa.RSAPrivateKey)
    scheme = padding.PSS(padding.MGF1(hashes.SHA384()), 48)
    verify(small.public, bytes(32), plain.sign(bytes(32), scheme, hashes.SHA384()))
    refused(lambda: verify(small.public, bytes(31), plain.sign(bytes(31), scheme, hashes.SHA384())))


def test_keys_and_variants_do_not_stand_in_for_each_other(small: SecretKey) -> None:
    prepared, signature = signed(small, b"a ballot")
    refused(lambda: verify(SecretKey.generated(RANDOMIZED, 2048).public, prepared, signature))
    refused(lambda: verify(PublicKey(small.public.modulus, ZERO_RANDOMIZED), prepared, signature))


def test_a_fault_releases_nothing(small: SecretKey) -> None:
    """One wrong half would give away a factor: gcd(s^e - m, n). Nothing wrong may leave."""
    hidden = blind(small.public, prepare(small.public, b"", random), random)
    said = refused(lambda: blind_sign(small, b"", random))
    p, q, dp, dq, coefficient = small.halves
    for fault in (
        (p, q, dp + 2, dq, coefficient),
        (p, q, dp, dq + 2, coefficient),
        (p, q, dp, dq, coefficient + 1),
    ):
        faulty = SecretKey(small.p, small.q)
        faulty.__dict__["halves"] = fault
        assert refused(lambda key=faulty: blind_sign(key, hidden.message, random)) == said


def test_the_base_is_blinded_anew_each_time(small: SecretKey, monkeypatch: pytest.MonkeyPatch) -> None:
    bases = []
    power = gmpy2.powmod_sec
    monkeypatch.setattr(gmpy2, "powmod_sec", lambda x, y, m: bases.append(x) or power(x, y, m))
    sent = blind(small.public, prepare(small.public, b"", random), random).message
    assert len({blind_sign(small, sent, random) for _ in range(5)}) == 1
    assert len(bases) == 10
    assert len(set(bases)) == 5
    assert int.from_bytes(sent, "big") not in bases


def test_a_source_that_is_not_random_ends_in_a_refusal(small: SecretKey) -> None:
    prepared = prepare(small.public, b"", random)
    for source in (bytes, lambda length: b"\xff" * length, lambda length: random(length + 1), lambda _: b""):
        refused(lambda give=source: blind(small.public, prepared, give))
        refused(lambda give=source: blind_sign(small, bytes(small.public.size), give))


def test_uniform_covers_its_range() -> None:
    found = [blind_keys.uniform(random, 6) for _ in range(3000)]
    assert set(found) == {1, 2, 3, 4, 5}
    assert all(480 < found.count(one) < 720 for one in set(found))


def test_odd_lengths_of_modulus() -> None:
    """The encoding takes a byte less than the modulus when that has one bit more than whole bytes."""
    for bits in (2049, 2050, 2055):
        key = SecretKey.generated(RANDOMIZED, bits)
        prepared, signature = signed(key, b"a ballot")
        verify(key.public, prepared, signature)


def test_the_form_of_a_key(key: SecretKey) -> None:
    public = key.public
    assert PublicKey.parse(public.spki, key.variant) == public
    assert PublicKey.parse(public.spki, key.variant).key_id == public.key_id
    assert len(public.key_id) == 32
    found = serialization.load_der_public_key(public.spki)
    assert isinstance(found, rsa.RSAPublicKey)
    assert found.public_numbers().n == public.modulus
    plain = found.public_bytes(
        serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
    )  # rsaEncryption
    assert plain != public.spki
    for wrong in (plain, public.spki[:-1], public.spki + b"\0", b"", public.spki[::-1]):
        refused(lambda spki=wrong: PublicKey.parse(spki, key.variant))


def test_the_form_is_that_of_rfc_9578(small: SecretKey) -> None:
    assert small.public.spki.startswith(RFC_9578)
    refused(lambda: PublicKey.parse(small.public.spki, ZERO_RANDOMIZED))  # another salt length


def test_openssl_reads_the_key_and_verifies_by_it(
    small: SecretKey, tmp_path: Path, openssl: Callable[..., str]
) -> None:
    file = {name: str(tmp_path / name) for name in ("key", "sig", "message", "other")}
    prepared, signature = signed(small, b"a ballot")
    contents = {"key": small.public.spki, "sig": signature, "message": prepared, "other": prepared + b"."}
    for name, content in contents.items():
        Path(file[name]).write_bytes(content)
    text = openssl("pkey", "-pubin", "-inform", "DER", "-in", file["key"], "-text", "-noout")
    assert "(2048 bit)" in text
    assert re.search(r"Minimum Salt Length: (48|0x30)\b", text)
    assert re.search(r"MGF1 with sha(2-)?384", text, re.IGNORECASE)
    check = ("dgst", "-sha384", "-keyform", "DER", "-verify", file["key"], "-signature", file["sig"])
    assert "Verified OK" in openssl(*check, "-sigopt", "rsa_padding_mode:pss", file["message"])
    openssl(*check, "-sigopt", "rsa_padding_mode:pss", file["other"], fails=True)


def test_keys_that_are_refused(small: SecretKey) -> None:
    refused(lambda: PublicKey(small.public.modulus + 1))
    refused(lambda: PublicKey(1 << 2046 | 1))
    refused(lambda: PublicKey(1 << 4096 | 1))
    refused(lambda: SecretKey(small.p, small.p))
    refused(lambda: SecretKey(small.p, small.q + 2))
    refused(lambda: SecretKey(small.p, 1))
    refused(lambda: SecretKey.generated(RANDOMIZED, 1024))
    curve = ec.generate_private_key(ec.SECP256R1())
    three = rsa.generate_private_key(3, 2048)
    for other in (curve, three):
        pem = other.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
        spki = other.public_key().public_bytes(
            serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
        )
        refused(lambda pem=pem: SecretKey.parse(pem))
        refused(lambda spki=spki: PublicKey.parse(spki))


def test_key_files(small: SecretKey) -> None:
    assert SecretKey.parse(small.pem()) == small
    sealed = small.pem(b"a passphrase")
    assert b"ENCRYPTED" in sealed
    assert SecretKey.parse(sealed, passphrase=b"a passphrase") == small
    for attempt in (None, b"another"):
        refused(lambda word=attempt: SecretKey.parse(sealed, passphrase=word))
    refused(lambda: SecretKey.parse(b"nothing"))


def test_secrets_do_not_show(small: SecretKey) -> None:
    hidden = blind(small.public, prepare(small.public, b"", random), random)
    assert str(small.p) not in repr(small)
    assert str(small.q) not in repr(small)
    assert str(hidden.inverse) not in repr(hidden)
