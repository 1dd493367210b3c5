// Ed25519 verification (RFC 8032, 5.1.7) in BigInt, for browsers whose WebCrypto does not know it yet.
// Verification only: nothing here is secret, so nothing needs to take constant time.

const P = (1n << 255n) - 19n;
const L = (1n << 252n) + 27742317777372353535851937790883648493n;
const mod = (value) => ((value % P) + P) % P;

function power(base, exponent) {
  let found = 1n;
  for (let value = base; exponent; exponent >>= 1n, value = mod(value * value)) {
    if (exponent & 1n) found = mod(found * value);
  }
  return found;
}

const inverse = (value) => power(value, P - 2n);
const D = mod(-121665n * inverse(121666n));
const ROOT = power(2n, (P - 1n) / 4n); // of -1
const ZERO = [0n, 1n, 1n, 0n]; // X, Y, Z, T

function point(bytes) {
  const whole = little(bytes);
  const sign = whole >> 255n;
  const y = whole & ((1n << 255n) - 1n);
  if (y >= P) return null;
  const [above, below] = [mod(y * y - 1n), mod(D * y * y + 1n)];
  let x = mod(above * power(below, 3n) * power(mod(above * power(below, 7n)), (P - 5n) / 8n));
  if (mod(below * x * x) !== above) x = mod(x * ROOT);
  if (mod(below * x * x) !== above || (x === 0n && sign)) return null;
  if ((x & 1n) !== sign) x = P - x;
  return [x, y, 1n, mod(x * y)];
}

function add([x1, y1, z1, t1], [x2, y2, z2, t2]) {
  const a = mod((y1 - x1) * (y2 - x2));
  const b = mod((y1 + x1) * (y2 + x2));
  const c = mod(2n * D * t1 * t2);
  const d = mod(2n * z1 * z2);
  const [e, f, g, h] = [b - a, d - c, d + c, b + a];
  return [mod(e * f), mod(g * h), mod(f * g), mod(e * h)];
}

function times(scalar, base) {
  let found = ZERO;
  for (let value = base; scalar; scalar >>= 1n, value = add(value, value)) {
    if (scalar & 1n) found = add(found, value);
  }
  return found;
}

const same = ([x1, y1, z1], [x2, y2, z2]) => mod(x1 * z2) === mod(x2 * z1) && mod(y1 * z2) === mod(y2 * z1);

function little(bytes) {
  return Array.from(bytes).reduceRight((sum, byte) => (sum << 8n) | BigInt(byte), 0n);
}

const BASE = point(Uint8Array.from({ length: 32 }, (_none, at) => (at ? 0x66 : 0x58)));

export async function verify(key, signature, message) {
  if (key.length !== 32 || signature.length !== 64) return false;
  const [owner, shown] = [point(key), point(signature.subarray(0, 32))];
  const scalar = little(signature.subarray(32));
  if (!owner || !shown || scalar >= L) return false;
  const whole = new Uint8Array(64 + message.length);
  whole.set(signature.subarray(0, 32));
  whole.set(key, 32);
  whole.set(message, 64);
  const digest = little(new Uint8Array(await crypto.subtle.digest("SHA-512", whole))) % L;
  return same(times(scalar, BASE), add(shown, times(digest, owner)));
}
