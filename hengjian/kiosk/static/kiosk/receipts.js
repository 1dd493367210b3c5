// The receipt's code: drawn here, and only its digest leaves this device (hengjian/ratings/ballots/receipts.py).
import { hex, sha256, utf8 } from "./page.js";

const LETTERS = "23456789ABCDEFGHJKLMNPQRSTUVWXYZ";
const LENGTH = 20;

export function newCode() {
  const drawn = crypto.getRandomValues(new Uint8Array(LENGTH));
  const letters = Array.from(drawn, (byte) => LETTERS[byte & 31]).join("");
  return letters.match(/.{5}/g).join("-");
}

export const plain = (code) => code.toUpperCase().replace(/[^0-9A-Z]/g, "");

export const digest = async (code) => hex(await sha256(utf8("hengjian ballot receipt 1\n" + plain(code))));
