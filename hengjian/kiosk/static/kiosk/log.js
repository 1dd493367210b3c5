// A proof that an entry stands in the log: inclusion, the log's signature, the witnesses' quorum.
// Forms: C2SP tlog-proof, signed-note, tlog-cosignature and tlog-policy; hengjian/proof is the same in Python.
import { hex, sha256, unbase64, utf8 } from "./page.js";

export class ProofFault extends Error {}

const fail = (word) => {
  throw new ProofFault(word);
};
const LOG = 1;
const COSIGNATURE = 4;

// The trust file: whose signatures count.
export function readTrust(text) {
  const found = { logs: [], witnesses: [], groups: [], quorum: "none" };
  for (const line of text.split("\n")) {
    const words = line.split(/[ \t]+/).filter(Boolean);
    if (!words.length || words[0].startsWith("#")) continue;
    const [what, ...rest] = words;
    if (what === "log") found.logs.push(readKey(rest[0]));
    else if (what === "witness") found.witnesses.push(Object.assign(readKey(rest[1]), { called: rest[0] }));
    else if (what === "group") found.groups.push({ name: rest[0], rule: rest[1], members: rest.slice(2) });
    else if (what === "quorum") found.quorum = rest[0];
    else fail("trust");
  }
  return found.logs.length ? found : fail("trust");
}

function readKey(vkey) {
  const parts = /^([^+\s]+)\+([0-9a-f]{8})\+(\S+)$/.exec(vkey || "") || fail("trust");
  const material = unbase64(parts[3]);
  return { name: parts[1], id: parts[2], type: material[0], key: material.slice(1) };
}

function readNote(note) {
  const cut = note.lastIndexOf("\n\n");
  if (cut < 0) fail("note");
  const signatures = note
    .slice(cut + 2)
    .split("\n")
    .filter(Boolean)
    .map((line) => {
      const [mark, name, value] = line.split(" ");
      if (mark !== "—" || !value) fail("note");
      const bytes = unbase64(value);
      return { name, id: hex(bytes.slice(0, 4)), value: bytes.slice(4) };
    });
  return { text: note.slice(0, cut + 1), signatures };
}

function readProof(file) {
  const cut = file.indexOf("\n\n");
  const [header, ...lines] = file.slice(0, cut).split("\n");
  if (cut < 0 || header !== "c2sp.org/tlog-proof@v1") fail("proof");
  if (lines[0] && lines[0].startsWith("extra ")) lines.shift();
  const index = whole(/^index (0|[1-9][0-9]*)$/.exec(lines.shift() || ""));
  const path = lines.map(unbase64);
  const note = readNote(file.slice(cut + 2));
  const [origin, size, root] = note.text.split("\n");
  return { index, path, note, origin, size: whole(/^(0|[1-9][0-9]*)$/.exec(size || "")), root: unbase64(root) };
}

function whole(match) {
  const value = match ? Number(match[1]) : NaN;
  return Number.isSafeInteger(value) ? value : fail("number");
}

async function rootOf(entry, index, size, path) {
  if (index >= size) fail("inclusion");
  let found = await sha256(joined([0], entry));
  let [here, last] = [index, size - 1];
  const half = (value) => Math.floor(value / 2);
  for (const beside of path) {
    if (!last) fail("inclusion");
    if (here % 2 || here === last) {
      found = await sha256(joined([1], beside, found));
      while (here % 2 === 0 && here) [here, last] = [half(here), half(last)];
    } else {
      found = await sha256(joined([1], found, beside));
    }
    [here, last] = [half(here), half(last)];
  }
  return last ? fail("inclusion") : found;
}

function joined(...parts) {
  const all = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  parts.reduce((at, part) => (all.set(part, at), at + part.length), 0);
  return all;
}

// Ed25519 by the browser where it can; else by our own arithmetic, which old phones need.
async function signedBy(key, signature, message) {
  let known;
  try {
    known = await crypto.subtle.importKey("raw", key, { name: "Ed25519" }, false, ["verify"]);
  } catch (_fault) {
    return (await import("./ed25519.js")).verify(key, signature, message);
  }
  return crypto.subtle.verify({ name: "Ed25519" }, known, signature, message);
}

async function holds(who, note) {
  const line = note.signatures.find((one) => one.name === who.name && one.id === who.id);
  if (!line) return false;
  if (who.type === LOG) return signedBy(who.key, line.value, utf8(note.text));
  if (who.type !== COSIGNATURE || line.value.length !== 72) return false; // another kind: not counted
  const time = line.value.slice(0, 8).reduce((sum, byte) => sum * 256 + byte, 0);
  const message = utf8(`cosignature/v1\ntime ${time}\n${note.text}`);
  return signedBy(who.key, line.value.slice(8), message);
}

function reached(trust, met) {
  for (const { name, rule, members } of trust.groups) {
    const needed = rule === "any" ? 1 : rule === "all" ? members.length : Number(rule);
    if (members.filter((member) => met.has(member)).length >= needed) met.add(name);
  }
  return trust.quorum === "none" || met.has(trust.quorum);
}

// Gives where the entry stands and how many witnesses cosigned; throws a ProofFault when it does not hold.
export async function check(entry, file, trust) {
  const proof = readProof(file);
  if (hex(await rootOf(entry, proof.index, proof.size, proof.path)) !== hex(proof.root)) fail("inclusion");
  const log = trust.logs.find((one) => one.name === proof.origin && one.type === LOG) || fail("log");
  if (!(await holds(log, proof.note))) fail("signature");
  const met = new Set();
  for (const witness of trust.witnesses) if (await holds(witness, proof.note)) met.add(witness.called);
  const count = met.size;
  if (!reached(trust, met)) fail("quorum");
  return { index: proof.index, witnesses: count };
}
