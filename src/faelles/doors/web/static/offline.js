// What the desk may know by itself while nobody answers: what a scan looks like, whose card is blocked, what time it is.

import { keep, setting } from "./queue.js";

const AN_HOUR = 60 * 60 * 1000;
const A_SECOND = 1000;
const HASH_BYTES = 4;
const WEIGHTS = [4, 3, 2, 7, 6, 5, 4, 3, 2, 1];

// "item", "card" or "search". The server looks in both later on; this is only what the desk is told meanwhile.
export function looksLike(scan) {
  const plain = plainCard(scan);
  if (/^\d{10}$/.test(scan.trim())) return isCivilNumber(plain) ? "card" : "item";
  return /^[A-Z0-9]{4,32}$/.test(plain) && /\d/.test(plain) ? "card" : "search";
}

const plainCard = (scan) => scan.replace(/[\s-]/g, "").toUpperCase();

// Ten digits of a health card: a day, a month, and a check digit. No drawn item number is one: those begin with 5.
function isCivilNumber(digits) {
  const day = Number(digits.slice(0, 2));
  const month = Number(digits.slice(2, 4));
  const sum = [...digits].reduce((total, digit, place) => total + Number(digit) * WEIGHTS[place], 0);
  return day >= 1 && day <= 31 && month >= 1 && month <= 12 && sum % 11 === 0;
}

// The list holds neither names nor numbers: four bytes of a keyed hash each. The key cannot be read out of the browser.
export async function refreshBlocked(desk) {
  const known = await setting("blocked");
  const isFresh = known?.agency === desk.agency && known.branch === desk.branch && Date.now() - known.fetched < AN_HOUR;
  if (isFresh || !desk.branch) return;
  try {
    const answer = await fetch(`/desk/blocked-cards?branch=${desk.branch}`, { headers: { "x-fragment": "1" } });
    if (!answer.ok) return;
    const list = await answer.json();
    const secret = Uint8Array.from(atob(list.key), (letter) => letter.charCodeAt(0));
    const key = await crypto.subtle.importKey("raw", secret, { name: "HMAC", hash: "SHA-256" }, false, ["sign"]);
    await keep("blocked", { ...desk, key, hashes: list.hashes, asOf: list.as_of, fetched: Date.now() });
  } catch {
    // Not now: the next hour asks again, and the list of before still holds.
  }
}

// When the list that has the card on it was made; undefined where it is not on it.
export async function blockedAsOf(desk, scan) {
  const list = await setting("blocked");
  if (list?.agency !== desk.agency) return undefined;
  const hash = await crypto.subtle.sign("HMAC", list.key, new TextEncoder().encode(plainCard(scan)));
  const short = [...new Uint8Array(hash, 0, HASH_BYTES)].map((byte) => byte.toString(16).padStart(2, "0")).join("");
  return list.hashes.includes(short) ? list.asOf : undefined;
}

// A browser's clock is often wrong, but mostly by the same amount: how much is learned from every answer, whose header
// says the second it was made in.
export async function learnTime(answer) {
  const theirs = Date.parse(answer.headers.get("date") ?? "");
  if (theirs) await keep("clock", { ahead: Date.now() - theirs - A_SECOND / 2, contact: theirs + A_SECOND });
}

const now = (clock) => Date.now() - (clock?.ahead ?? 0);

export async function stamp() {
  const clock = await setting("clock");
  return { at: now(clock), contact: clock?.contact ?? 0 };
}

// When it happened, as the server will take it: not before the last answer we had before it, and not in days to come.
export async function happenedAt(entry) {
  const latest = now(await setting("clock"));
  return new Date(Math.min(Math.max(entry.at, entry.contact), latest + A_SECOND)).toISOString();
}
