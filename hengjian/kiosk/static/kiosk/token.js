// One token for one link: the key is held against the log, then the message is blinded, signed, opened.
import { blind, finalize, issuerKey, keyId, prepare } from "./blind.js";
import { check, ProofFault, readTrust } from "./log.js";
import { hex, load, post, Refusal, unbase64, unhex } from "./page.js";

const NONCE = 32;

// Where the issuer's key stands in the log. Refuses a key that the log does not show, before anything is blinded.
export async function checkedKey(offer) {
  let file;
  try {
    file = await (await load(`/kiosk/keys/${offer.slot}.json`)).json();
  } catch (fault) {
    throw fault.status === 404 ? new Refusal("key.wait", 404) : fault;
  }
  const trust = await (await load("/kiosk/trust")).text();
  try {
    const entry = unbase64(file.entry);
    const found = await check(entry, file.proof, readTrust(trust));
    const { kind, public: shown } = JSON.parse(new TextDecoder().decode(entry));
    const same =
      kind === "invitations.issuerkey" && shown.slot === offer.slot && shown.half === offer.half &&
      shown.variant === offer.variant && hex(unbase64(shown.spki)) === offer.spki;
    if (!same) throw new ProofFault("key");
    return found;
  } catch (fault) {
    throw new Refusal("key.bad", 0);
  }
}

// The token of a draft. What the issuer is asked is kept before it is asked, so that an answer that is lost
// on the way is only asked for again: the same message gets the same signature.
export async function obtain(draft, offer, keep) {
  if (draft.token) return draft.token;
  const spki = unhex(offer.spki);
  const key = await issuerKey(spki, offer.variant);
  if (!draft.prepared) {
    const prepared = prepare(key, crypto.getRandomValues(new Uint8Array(NONCE)));
    const { blinded, inverse } = await blind(key, prepared);
    Object.assign(draft, { prepared: hex(prepared), blinded: hex(blinded), inverse: hex(inverse) });
    keep();
  }
  const { signature } = await post("issue", "/issue/token", { secret: draft.secret, blinded: draft.blinded });
  const opened = await finalize(key, unhex(draft.prepared), unhex(signature), unhex(draft.inverse));
  draft.token = { key: hex(await keyId(spki)), message: draft.prepared, signature: hex(opened) };
  keep();
  return draft.token;
}
