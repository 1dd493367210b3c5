// What both pages share: language, large type, reading aloud, texts, storage, requests.
import { said } from "./words.js";

export const byId = (id) => document.getElementById(id);

// Storage that may be forbidden (frames, private windows): then it lasts as long as the page.
const memory = {};
export const store = {
  get(name) {
    try {
      return JSON.parse(localStorage.getItem(name));
    } catch (_fault) {
      return memory[name] || null;
    }
  },
  set(name, value) {
    memory[name] = value;
    try {
      localStorage.setItem(name, JSON.stringify(value));
    } catch (_fault) {
      // the page keeps it in memory
    }
  },
  names(start) {
    let kept = Object.keys(memory);
    try {
      kept = kept.concat(Object.keys(localStorage));
    } catch (_fault) {
      // in memory only
    }
    return kept.filter((name, at) => name.startsWith(start) && kept.indexOf(name) === at);
  },
  wipe() {
    Object.keys(memory).forEach((name) => delete memory[name]);
    try {
      Object.keys(localStorage)
        .filter((name) => name.startsWith("hj-"))
        .forEach((name) => localStorage.removeItem(name));
    } catch (_fault) {
      // nothing was kept
    }
  },
  drop(name) {
    delete memory[name];
    try {
      localStorage.removeItem(name);
    } catch (_fault) {
      // nothing was kept
    }
  },
};

let lang = store.get("hj-lang") || (/^zh/i.test(navigator.language || "zh") ? "zh" : "en");
const live = [];

export const language = () => lang;
export const t = (key, values) => said(key, lang, values);
export const either = (pair) => pair[lang] || pair.zh;
export const day = (iso) => {
  const [year, month, date] = iso.split("-").map(Number);
  return lang === "en" ? iso : `${year}年${month}月${date}日`;
};

// A text that follows the language: `make` is asked again when it changes.
export function show(element, make, attribute) {
  const write = () => (attribute ? element.setAttribute(attribute, make()) : (element.textContent = make()));
  live.push([element, write]);
  write();
  return element;
}

export function make(tag, attributes = {}, ...children) {
  const element = document.createElement(tag);
  Object.entries(attributes).forEach(([name, value]) => {
    if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
    else if (value === true) element.setAttribute(name, "");
    else if (value !== false) element.setAttribute(name, value);
  });
  element.append(...children);
  return element;
}

// Like replaceChildren, which phones have since 2020 only.
export function put(element, ...parts) {
  while (element.firstChild) element.removeChild(element.firstChild);
  element.append(...parts);
}

export const text = (tag, key, values, attributes) =>
  show(make(tag, attributes), () => t(key, typeof values === "function" ? values() : values));

function speak(key) {
  lang = key;
  document.documentElement.lang = lang === "en" ? "en" : "zh-CN";
  document.querySelectorAll("[data-t]").forEach((one) => (one.textContent = t(one.dataset.t)));
  live.forEach(([, write]) => write());
  document.title = t(document.body.dataset.title);
}

function enlarge(on) {
  document.documentElement.classList.toggle("large", on);
  byId("large").setAttribute("aria-pressed", String(on));
}

function readAloud() {
  const button = byId("aloud");
  const stop = () => {
    button.dataset.t = "aloud";
    button.textContent = t("aloud");
  };
  if (button.dataset.t === "quiet") {
    speechSynthesis.cancel();
    stop();
    return;
  }
  const saying = new SpeechSynthesisUtterance(byId("main").innerText);
  saying.lang = lang === "en" ? "en-US" : "zh-CN";
  saying.rate = 0.9;
  saying.onend = saying.onerror = stop;
  speechSynthesis.cancel();
  speechSynthesis.speak(saying);
  button.dataset.t = "quiet";
  button.textContent = t("quiet");
}

export function begin() {
  byId("other").addEventListener("click", () => {
    speak(lang === "en" ? "zh" : "en");
    store.set("hj-lang", lang);
  });
  byId("large").addEventListener("click", () => {
    const on = !document.documentElement.classList.contains("large");
    enlarge(on);
    store.set("hj-large", on);
  });
  if (window.speechSynthesis && window.SpeechSynthesisUtterance) {
    byId("aloud").hidden = false;
    byId("aloud").addEventListener("click", readAloud);
  }
  enlarge(Boolean(store.get("hj-large")));
  speak(lang);
}

// -- requests --------------------------------------------------------------------------------

export class Refusal extends Error {
  constructor(code, status) {
    super(code);
    this.status = status;
  }
}

let bases = { issue: "", cast: "" };
const PATIENCE = 30000;

async function asked(address, options) {
  const stop = new AbortController();
  const timer = setTimeout(() => stop.abort(), PATIENCE);
  const plain = { credentials: "omit", referrerPolicy: "no-referrer", signal: stop.signal };
  try {
    return await fetch(address, Object.assign(plain, options));
  } catch (_fault) {
    throw new Refusal("offline", 0);
  } finally {
    clearTimeout(timer);
  }
}

export async function load(address) {
  const answer = await asked(address, { cache: "no-cache" });
  if (!answer.ok) throw new Refusal("missing", answer.status);
  return answer;
}

export async function loadForm() {
  const form = await (await load("/kiosk/form.json")).json();
  bases = { issue: form.issue, cast: form.cast };
  return form;
}

export const castBase = () => bases.cast;

export async function post(side, address, content) {
  const answer = await asked(bases[side] + address, {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify(content),
    cache: "no-store",
  });
  let said;
  try {
    said = await answer.json();
  } catch (_fault) {
    throw new Refusal("offline", answer.status);
  }
  if (!answer.ok) throw new Refusal(said.code || "failed", answer.status);
  return said;
}

const TOLD = {
  offline: "offline",
  "invitations.unknown": "unknown",
  "invitations.expired": "expired",
  "invitations.issued": "used",
  "invitations.by_hand": "byHand",
  "ballots.token_used": "used",
  "ballots.receipt": "noReceipt",
  "ballots.expired": "expired",
  "key.wait": "keyWait",
  "key.bad": "keyBad",
  "followups.contact": "reachShort",
  "followups.text": "reportEmpty",
};

export const told = (fault) =>
  TOLD[fault.message] || (fault.status === 503 || fault.status === 502 ? "busy" : "failed");

// -- bytes ------------------------------------------------------------------------------------

export const hex = (data) => Array.from(data, (byte) => byte.toString(16).padStart(2, "0")).join("");
export const unhex = (digits) => Uint8Array.from(digits.match(/../g) || [], (pair) => parseInt(pair, 16));
export const unbase64 = (encoded) => Uint8Array.from(atob(encoded), (one) => one.charCodeAt(0));
export const utf8 = (words) => new TextEncoder().encode(words);
export const sha256 = async (data) => new Uint8Array(await crypto.subtle.digest("SHA-256", data));
