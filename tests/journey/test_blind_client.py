"""The rater's blind signatures in a real browser: RFC 9474's numbers, our issuer, and Cloudflare's client."""

import base64
import gzip
import json
import re
import secrets
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat, load_pem_private_key

from hengjian.proof.blind import blind, blind_sign, finalize, prepare, verify
from hengjian.proof.blind_keys import RANDOMIZED, VARIANTS, SecretKey

ROOT = Path(__file__).resolve().parents[2]
CLIENT = ROOT / "hengjian" / "kiosk" / "static" / "kiosk" / "blind.js"
CLOUDFLARE = ROOT / "node_modules" / "@cloudflare" / "blindrsa-ts" / "lib" / "src"
RFC = json.loads((ROOT / "tests" / "unit" / "proof" / "rfc9474.json").read_text(encoding="ascii"))
LARGEST = 4096  # bytes after compression
SLOWER = 10  # times slower than this machine: an old phone and a good margin
HELPERS = """
const unhex = (text) => Uint8Array.from(text.match(/../g) || [], (pair) => parseInt(pair, 16));
const hex = (data) => Array.from(data, (byte) => byte.toString(16).padStart(2, "0")).join("");
const stock = (...parts) => (length) => {
  if (!length) return new Uint8Array(0);
  const next = parts.shift();
  if (next.length !== length) throw new Error(`asked for ${length} bytes`);
  return next;
};
const word = async (act) => {
  try { await act(); return "accepted"; }
  catch (error) { return error instanceof ours.BlindError ? error.message : String(error); }
};
const flip = (data, bit) => {
  const copy = data.slice();
  copy[(bit >> 3) % copy.length] ^= 1 << (bit & 7);
  return copy;
};
"""
random = secrets.token_bytes
Run = Callable[..., Any]


class _Files(BaseHTTPRequestHandler):
    """An empty page, our module, and Cloudflare's."""

    def do_GET(self) -> None:
        file = CLIENT if self.path == "/blind.js" else CLOUDFLARE / self.path.removeprefix("/cloudflare/")
        kind, body = "text/html", b"<!doctype html><title>blind</title>"
        if self.path.endswith(".js"):
            kind, body = "text/javascript", file.read_bytes()
        self.send_response(200)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *arguments: Any) -> None:  # noqa: A002 (the name it has in the library)
        """Say nothing."""


@pytest.fixture(scope="module")
def address() -> Iterator[str]:
    """A page on localhost, which browsers hold for as safe as https."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Files)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://localhost:{server.server_port}/"
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture(scope="module")
def page(chromium: Any, address: str) -> Iterator[Any]:
    """A window with the page."""
    context = chromium.new_context()
    page = context.new_page()
    page.goto(address)
    yield page
    context.close()


@pytest.fixture(scope="module")
def run(page: Any) -> Run:
    """Runs the body of a JavaScript function of ``at``, with our module as ``ours``."""

    def act(body: str, **at: Any) -> Any:
        whole = f"async (at) => {{ const ours = await import('/blind.js'); {HELPERS} {body} }}"
        return page.evaluate(whole, at)

    return act


@pytest.fixture(scope="module")
def key() -> SecretKey:
    """An issuer's key as the system makes them."""
    return SecretKey.generated()


def signature_by(run: Run, key: SecretKey, message: bytes) -> tuple[bytes, bytes]:
    """Prepared message and signature: the browser's part in the browser, the issuer's here."""
    about = {"spki": key.public.spki.hex(), "variant": key.variant.name}
    asked = run(
        """const key = await ours.issuerKey(unhex(at.spki), at.variant);
        const prepared = ours.prepare(key, unhex(at.message));
        const { blinded, inverse } = await ours.blind(key, prepared);
        return [prepared, blinded, inverse].map(hex);""",
        message=message.hex(),
        **about,
    )
    prepared, blinded, inverse = (bytes.fromhex(part) for part in asked)
    signature = run(
        """const key = await ours.issuerKey(unhex(at.spki), at.variant);
        return hex(await ours.finalize(key, unhex(at.prepared), unhex(at.answer), unhex(at.inverse)));""",
        prepared=prepared.hex(),
        answer=blind_sign(key, blinded, random).hex(),
        inverse=inverse.hex(),
        **about,
    )
    return prepared, bytes.fromhex(signature)


def test_the_client_is_small_and_stands_alone() -> None:
    source = CLIENT.read_bytes()
    assert len(gzip.compress(source, 9)) <= LARGEST
    assert not re.search(rb"^\s*import\b|\bimport\(|require\(|fetch\(|https?://", source, re.MULTILINE)


@pytest.mark.parametrize("vector", RFC["vectors"], ids=lambda vector: vector["variant"])
def test_vectors_of_the_rfc_byte_for_byte(run: Run, vector: dict[str, str]) -> None:
    number = {name: int(digits, 16) for name, digits in RFC["key"].items()}
    key = SecretKey(number["p"], number["q"], VARIANTS[vector["variant"]])
    factor = pow(int(vector["inv"], 16), -1, number["n"]).to_bytes(512, "big").hex()
    found = run(
        """const key = await ours.issuerKey(unhex(at.spki), at.variant);
        const salt = at.salt ? [unhex(at.salt)] : [];
        const prepared = ours.prepare(key, unhex(at.msg), stock(unhex(at.msg_prefix)));
        const { blinded, inverse } = await ours.blind(key, prepared, stock(...salt, unhex(at.factor)));
        const signature = await ours.finalize(key, prepared, unhex(at.blind_sig), inverse);
        return { prepared_msg: hex(prepared), blinded_msg: hex(blinded), inv: hex(inverse),
                 sig: hex(signature), valid: await ours.verify(key, prepared, signature) };""",
        spki=key.public.spki.hex(),
        factor=factor,
        **vector,
    )
    assert found == {name: vector[name] for name in ("prepared_msg", "blinded_msg", "inv", "sig")} | {
        "valid": True
    }


@pytest.mark.parametrize("variant", list(VARIANTS.values()), ids=list(VARIANTS))
def test_round_trips_with_our_issuer(run: Run, variant: Any) -> None:
    key = SecretKey.generated(variant)
    for message in (b"", "一张选票".encode(), random(500)):
        prepared, signature = signature_by(run, key, message)
        verify(key.public, prepared, signature)
        assert prepared[variant.prefix :] == message
        held = run(
            """const held = {};
            for (const name in ours.VARIANTS) held[name] = await word(async () => {
              const key = await ours.issuerKey(unhex(at.spki), name);
              return ours.verify(key, unhex(at.prepared), unhex(at.signature)) || ours.none();
            });
            const key = await ours.issuerKey(unhex(at.spki), at.variant);
            held.valid = await ours.verify(key, unhex(at.prepared), unhex(at.signature));
            return held;""",
            spki=key.public.spki.hex(),
            variant=variant.name,
            prepared=prepared.hex(),
            signature=signature.hex(),
        )
        assert held.pop("valid") is True
        # the key's form tells the salt, so a key is not taken for one of the other salt
        assert all((held[name] == "accepted") == (VARIANTS[name].salt == variant.salt) for name in VARIANTS)


def test_odd_lengths_of_modulus(run: Run) -> None:
    for bits in (2048, 2049, 2055, 4096):
        key = SecretKey.generated(RANDOMIZED, bits)
        verify(key.public, *signature_by(run, key, b"a ballot"))


def test_key_id_is_that_of_the_log(run: Run, key: SecretKey) -> None:
    assert (
        run("return hex(await ours.keyId(unhex(at.spki)));", spki=key.public.spki.hex())
        == key.public.key_id.hex()
    )


def test_same_bytes_as_cloudflares_client(run: Run, key: SecretKey) -> None:
    """Both draw from one seeded source in the same order: prefix, salt, factor."""
    found = run(
        """const { RSABSSA } = await import('/cloudflare/index.js');
        const theirs = RSABSSA.SHA384.PSS.Randomized();
        const form = { name: "RSA-PSS", hash: "SHA-384" };
        const inner = await ours.issuerKey(unhex(at.spki));
        const jwk = await crypto.subtle.importKey("jwk", at.jwk, form, true, ["verify"]);
        const real = crypto.getRandomValues;
        const seeded = (seed) => (room) => {
          for (let i = 0; i < room.length; i++) {
            seed = (Math.imul(seed, 1664525) + 1013904223) >>> 0;
            room[i] = seed >>> 24;
          }
          return room;
        };
        const unlike = [];
        for (let turn = 0; turn < at.turns; turn++) {
          const message = real.call(crypto, new Uint8Array(turn * 7));
          crypto.getRandomValues = seeded(turn);
          const prepared = ours.prepare(inner, message);
          const mine = await ours.blind(inner, prepared);
          crypto.getRandomValues = seeded(turn);
          const again = theirs.prepare(message);
          const other = await theirs.blind(jwk, again);
          crypto.getRandomValues = real;
          const same = hex(prepared) === hex(again) && hex(mine.blinded) === hex(other.blindedMsg)
            && hex(mine.inverse) === hex(other.inv);
          if (!same) unlike.push(turn);
        }
        return unlike;""",
        spki=key.public.spki.hex(),
        jwk=jwk(key),
        turns=25,
    )
    assert found == []


def test_cloudflares_client_and_signer_with_ours(run: Run, key: SecretKey) -> None:
    start = """const { RSABSSA } = await import('/cloudflare/index.js');
        const theirs = RSABSSA.SHA384.PSS.Randomized();
        const form = { name: "RSA-PSS", hash: "SHA-384" };
        const inner = await ours.issuerKey(unhex(at.spki));
        const open = await crypto.subtle.importKey("jwk", at.jwk, form, true, ["verify"]);"""
    about = {"spki": key.public.spki.hex(), "jwk": jwk(key)}
    # their signer under our client
    pem = "".join(key.pem().decode().splitlines()[1:-1])
    valid = run(
        start
        + """const pkcs8 = Uint8Array.from(atob(at.pem), (one) => one.charCodeAt(0));
        const secret = await crypto.subtle.importKey("pkcs8", pkcs8, form, true, ["sign"]);
        const prepared = ours.prepare(inner, unhex("00ff"));
        const { blinded, inverse } = await ours.blind(inner, prepared);
        const answer = await theirs.blindSign(secret, blinded);
        const signature = await ours.finalize(inner, prepared, answer, inverse);
        return theirs.verify(open, signature, prepared);""",
        pem=pem,
        **about,
    )
    assert valid is True
    # their client under our signer
    asked = run(
        start
        + """const prepared = theirs.prepare(unhex("00ff"));
        const { blindedMsg, inv } = await theirs.blind(open, prepared);
        return [prepared, blindedMsg, inv].map(hex);""",
        **about,
    )
    prepared, blinded, inverse = (bytes.fromhex(part) for part in asked)
    answer = blind_sign(key, blinded, random)
    both = run(
        start
        + """const [prepared, answer, inverse] = [at.prepared, at.answer, at.inverse].map(unhex);
        const theirOwn = await theirs.finalize(open, prepared, answer, inverse);
        return [hex(theirOwn), hex(await ours.finalize(inner, prepared, answer, inverse))];""",
        prepared=prepared.hex(),
        answer=answer.hex(),
        inverse=inverse.hex(),
        **about,
    )
    assert both[0] == both[1]
    assert finalize(key.public, prepared, answer, int.from_bytes(inverse, "big")).hex() == both[0]


def jwk(key: SecretKey) -> dict[str, str]:
    """The public key as WebCrypto takes it."""
    modulus = key.public.modulus.to_bytes(key.public.size, "big")
    digits = base64.urlsafe_b64encode(modulus).rstrip(b"=").decode()
    return {"kty": "RSA", "n": digits, "e": "AQAB", "alg": "PS384"}


def test_any_flipped_bit_is_refused(run: Run, key: SecretKey) -> None:
    prepared = prepare(key.public, b"a ballot", random)
    hidden = blind(key.public, prepared, random)
    answer = blind_sign(key, hidden.message, random)
    size = key.public.size
    found = run(
        """const key = await ours.issuerKey(unhex(at.spki));
        const [prepared, answer] = [at.prepared, at.answer].map(unhex);
        const [inverse, signature] = [at.inverse, at.signature].map(unhex);
        const said = { none: await word(() => ours.finalize(key, prepared, answer, inverse)) };
        const add = (name, one) => { said[name] = [...new Set([...(said[name] || []), one])].sort(); };
        for (const bit of at.bits) {
          add("message", await ours.verify(key, flip(prepared, bit), signature));
          add("signature", await ours.verify(key, prepared, flip(signature, bit)));
          add("answer", await word(() => ours.finalize(key, prepared, flip(answer, bit), inverse)));
          add("inverse", await word(() => ours.finalize(key, prepared, answer, flip(inverse, bit))));
        }
        return said;""",
        spki=key.public.spki.hex(),
        prepared=prepared.hex(),
        answer=answer.hex(),
        inverse=hidden.inverse.to_bytes(size, "big").hex(),
        signature=finalize(key.public, prepared, answer, hidden.inverse).hex(),
        bits=[secrets.randbelow(8 * size) for _ in range(150)],
    )
    assert found.pop("none") == "accepted"
    assert found["message"] == found["signature"] == [False]
    assert set(found["answer"]) | set(found["inverse"]) <= {"signature", "range"}
    assert "signature" in found["answer"]


def test_what_is_refused(run: Run, key: SecretKey) -> None:
    public = key.public
    found = run(
        """const spki = unhex(at.spki);
        const key = await ours.issuerKey(spki);
        const prepared = ours.prepare(key, unhex("00"));
        const { inverse } = await ours.blind(key, prepared);
        const n = unhex(at.modulus), zero = new Uint8Array(n.length), short = zero.slice(1);
        const open = (answer, by) => word(() => ours.finalize(key, prepared, answer, by));
        const forms = [spki.slice(0, -1), Uint8Array.of(...spki, 0), new Uint8Array(0), spki.slice(1),
                       unhex(at.plain), flip(spki, 8 * (spki.length - 6))];
        const [from, to] = [spki.length - 6 - n.length, spki.length - 5];  // where the modulus stands
        for (let bit = 0; bit < 8 * spki.length; bit++) {
          if (bit < 8 * from || bit >= 8 * to) forms.push(flip(spki, bit));
        }
        const keys = new Set();
        for (const form of forms) keys.add(await word(() => ours.issuerKey(form)));
        return {
          keys: [...keys],
          variant: await word(() => ours.issuerKey(spki, "RSABSSA-SHA256")),
          lengths: [await open(short, inverse), await open(zero, short), await open([], inverse)],
          ranges: [await open(n, inverse), await open(zero, n), await open(inverse, zero)],
          zero: await open(zero, inverse),
          random: await word(() => ours.blind(key, prepared, (length) => new Uint8Array(length))),
          prefixes: await Promise.all([31, 32].map(
            (size) => ours.verify(key, new Uint8Array(size), unhex(at.plainly[size])))),
        };""",
        spki=public.spki.hex(),
        modulus=public.modulus.to_bytes(public.size, "big").hex(),
        plain=plain(key).hex(),
        plainly={str(size): plainly_signed(key, bytes(size)).hex() for size in (31, 32)},
    )
    assert found == {
        "keys": ["key"],
        "variant": "variant",
        "lengths": ["length"] * 3,
        "ranges": ["range"] * 3,
        "zero": "signature",
        "random": "random",
        "prefixes": [False, True],
    }


def plain(key: SecretKey) -> bytes:
    """The same key under the object identifier that RFC 9474 forbids."""
    return key.public.openssl.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)


def plainly_signed(key: SecretKey, message: bytes) -> bytes:
    """The signature of OpenSSL, which knows of no prefix."""
    secret = load_pem_private_key(key.pem(), None)
    assert isinstance(secret, rsa.RSAPrivateKey)
    return secret.sign(message, padding.PSS(padding.MGF1(hashes.SHA384()), 48), hashes.SHA384())


def test_quick_enough_for_an_old_phone(run: Run, page: Any, key: SecretKey) -> None:
    """All of the browser's work for one token, on a processor much slower than this one."""
    session = page.context.new_cdp_session(page)
    session.send("Emulation.setCPUThrottlingRate", {"rate": SLOWER})
    try:
        times = []
        for _ in range(5):
            prepared, blinded, inverse, first = run(
                """const start = performance.now();
                const key = await ours.issuerKey(unhex(at.spki));
                const prepared = ours.prepare(key, unhex("00ff"));
                const { blinded, inverse } = await ours.blind(key, prepared);
                return [hex(prepared), hex(blinded), hex(inverse), performance.now() - start];""",
                spki=key.public.spki.hex(),
            )
            answer = blind_sign(key, bytes.fromhex(blinded), random)
            second = run(
                """const start = performance.now();
                const key = await ours.issuerKey(unhex(at.spki));
                await ours.finalize(key, unhex(at.prepared), unhex(at.answer), unhex(at.inverse));
                return performance.now() - start;""",
                spki=key.public.spki.hex(),
                prepared=prepared,
                answer=answer.hex(),
                inverse=inverse,
            )
            times.append(first + second)
        assert sorted(times)[2] < 200, times
    finally:
        session.send("Emulation.setCPUThrottlingRate", {"rate": 1})
