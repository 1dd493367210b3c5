// Blind signatures by RFC 9474 in the rater's browser, from BigInt and WebCrypto alone.
//
//   const key = await issuerKey(spki);                    // the bytes whose SHA-256 is the key id
//   const prepared = prepare(key, message);
//   const { blinded, inverse } = await blind(key, prepared);
//   ... `blinded` goes to the issuer, its answer comes back; keep `prepared` and `inverse` here ...
//   const signature = await finalize(key, prepared, answer, inverse);
//
// All bytes are Uint8Array. What goes wrong throws a BlindError whose `message` is a stable word.
// WebCrypto needs https or localhost. The last argument `random` is there for the tests of the RFC.

const PSS = { salt: 48, prefix: 32 };
export const VARIANTS = {
  "RSABSSA-SHA384-PSS-Randomized": PSS,
  "RSABSSA-SHA384-PSSZERO-Randomized": { salt: 0, prefix: 32 },
  "RSABSSA-SHA384-PSS-Deterministic": { salt: 48, prefix: 0 },
  "RSABSSA-SHA384-PSSZERO-Deterministic": { salt: 0, prefix: 0 },
};

export class BlindError extends Error {}

const EXPONENT = 65537n;
const HASH = 48;

// The key from its SPKI: only the one form that RFC 9578 (8.2.2) prescribes, 2048 to 4096 bits.
export async function issuerKey(spki, variant = "RSABSSA-SHA384-PSS-Randomized") {
  const { salt, prefix } = VARIANTS[variant] || refuse("variant");
  const header = written(1n << 2047n, salt).length - 257 - 5;
  const modulus = number(spki.slice(header, -5));
  const bits = modulus.toString(2).length;
  const right = modulus & 1n && bits >= 2048 && bits <= 4096 && same(spki, written(modulus, salt));
  if (!right) refuse("key");
  const size = (bits + 7) >> 3;
  const jwk = { kty: "RSA", n: base64url(bytes(modulus, size)), e: "AQAB" };
  const scheme = { name: "RSA-PSS", hash: "SHA-384" };
  const verifier = await crypto.subtle.importKey("jwk", jwk, scheme, false, ["verify"]);
  return { modulus, bits, size, salt, prefix, verifier };
}

// SHA-256 of the SPKI: the name under which the log holds the key.
export const keyId = (spki) => hash("SHA-256", spki);

export const prepare = (key, message, random = fresh) => join(random(key.prefix), message);

export async function blind(key, prepared, random = fresh) {
  const { modulus, size } = key;
  const encoded = number(await encode(prepared, key.bits - 1, random(key.salt)));
  invert(encoded, modulus);
  const factor = uniform(key, random);
  const blinded = (encoded * power(factor, modulus)) % modulus;
  return { blinded: bytes(blinded, size), inverse: bytes(invert(factor, modulus), size) };
}

export async function finalize(key, prepared, answer, inverse) {
  const { modulus, size } = key;
  if (answer.length !== size || inverse.length !== size) refuse("length");
  const [hidden, opener] = [number(answer), number(inverse)];
  if (hidden >= modulus || opener >= modulus || !opener) refuse("range");
  const signature = bytes((hidden * opener) % modulus, size);
  if (!(await verify(key, prepared, signature))) refuse("signature");
  return signature;
}

export async function verify(key, prepared, signature) {
  if (prepared.length < key.prefix || signature.length !== key.size) return false;
  const scheme = { name: "RSA-PSS", saltLength: key.salt };
  return crypto.subtle.verify(scheme, key.verifier, signature, prepared);
}

function refuse(word) {
  throw new BlindError(word);
}

const fresh = (length) => crypto.getRandomValues(new Uint8Array(length));

const hash = async (name, data) => new Uint8Array(await crypto.subtle.digest(name, data));

function join(...parts) {
  const whole = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  parts.reduce((at, part) => (whole.set(part, at), at + part.length), 0);
  return whole;
}

const same = (one, other) => one.length === other.length && one.every((byte, at) => byte === other[at]);

const hex = (data) => Array.from(data, (byte) => byte.toString(16).padStart(2, "0")).join("");

const number = (data) => BigInt("0x0" + hex(data));

const unhex = (digits) => Uint8Array.from(digits.match(/../g), (pair) => parseInt(pair, 16));

const bytes = (value, size) => unhex(value.toString(16).padStart(2 * size, "0"));

const base64url = (data) =>
  btoa(String.fromCharCode(...data)).replace(/\+/g, "-").replace(/\//g, "_").replace(/=/g, "");

// EMSA-PSS-ENCODE with SHA-384 and MGF1 (RFC 8017, 9.1.1)
async function encode(message, bits, salt) {
  const length = (bits + 7) >> 3;
  const digest = await hash("SHA-384", join(new Uint8Array(8), await hash("SHA-384", message), salt));
  const block = join(new Uint8Array(length - salt.length - HASH - 2), [1], salt);
  for (let at = 0; at < block.length; at += HASH) {
    const mask = await hash("SHA-384", join(digest, [0, 0, 0, at / HASH]));
    mask.forEach((byte, more) => (block[at + more] ^= byte)); // past the end nothing is stored
  }
  block[0] &= 0xff >> (8 * length - bits);
  return join(block, digest, [0xbc]);
}

// To the power of 65537, which is 2 ** 16 + 1
function power(base, modulus) {
  let value = base;
  for (let times = 0; times < 16; times++) value = (value * value) % modulus;
  return (value * base) % modulus;
}

function invert(value, modulus) {
  let [low, high, one, other] = [value % modulus, modulus, 1n, 0n];
  while (low) {
    const times = high / low;
    [high, low, other, one] = [low, high - times * low, one, other - times * one];
  }
  if (high !== 1n) refuse("key");
  return other < 0n ? other + modulus : other;
}

// A number from 1 to modulus - 1, all equally likely
function uniform({ modulus, bits, size }, random) {
  for (let times = 0; times < 128; times++) {
    const value = BigInt.asUintN(bits, number(random(size)));
    if (value && value < modulus) return value;
  }
  return refuse("random");
}

function der(tag, ...parts) {
  const content = join(...parts);
  const [length, digits] = [content.length, content.length.toString(16)];
  if (length < 128) return join([tag, length], content);
  const size = unhex(digits.length % 2 ? "0" + digits : digits);
  return join([tag, 128 + size.length], size, content);
}

const integer = (value) => der(2, bytes(value, (value.toString(2).length >> 3) + 1));

function written(modulus, salt) {
  const sha384 = unhex("300b0609608648016503040202");
  const masked = der(0x30, unhex("06092a864886f70d010108"), sha384);
  const parameters = der(0x30, der(0xa0, sha384), der(0xa1, masked), der(0xa2, integer(BigInt(salt))));
  const algorithm = der(0x30, unhex("06092a864886f70d01010a"), parameters);
  const key = der(0x30, integer(modulus), integer(EXPONENT));
  return der(0x30, algorithm, der(3, [0], key));
}
