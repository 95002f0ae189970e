// What the desk shows: the log with the newest answer on top, the patron who is open, and how many scans wait.

import { play } from "./sound.js";
import { tellSent, toldEntry, words } from "./telling.js";

const MOST_SHOWN = 100;
const field = document.getElementById("scan");
const log = document.getElementById("log");
const panel = document.getElementById("panel");
const openPatron = document.getElementById("open-patron");
const queueLine = document.getElementById("queue");

// Who is open: a patron the server knows, or a card that nobody could look up yet. `stopped` says why nothing is lent.
export const open = { patron: openPatron.value, card: "", stopped: "" };

nameOpen();

function put(entry) {
  log.prepend(entry);
  while (log.children.length > MOST_SHOWN) log.lastChild.remove();
  play(entry.dataset.tone);
  field.focus();
}

// An answer of the server's: one entry, and the open patron where there is a new look at them.
export function showAnswer(html, { isQuiet = false } = {}) {
  const answer = document.createElement("template");
  answer.innerHTML = html;
  const entry = answer.content.querySelector(".entry");
  if (isQuiet) return entry;
  put(entry);
  tellAnswered(entry.dataset.number, entry.dataset.security);
  entry.dispatchEvent(new CustomEvent("desk:shown", { bubbles: true }));
  const look = answer.content.querySelector("#panel-new");
  if (entry.dataset.patron) openKnown(entry.dataset.patron, look?.content);
  addLoan(answer.content.querySelector("#loan-new")?.content);
  return entry;
}

// What the desk says by itself.
export function showTold(code, said) {
  const entry = toldEntry(code, said);
  put(entry);
  return entry;
}

export const showSent = (id, answer, isTaken) => tellSent(log, id, isTaken);

export function showCount(text) {
  if (queueLine.textContent !== text) queueLine.textContent = text;
}

function openKnown(patron, look) {
  Object.assign(open, { patron, card: "", stopped: "" });
  openPatron.value = patron;
  if (look) showPanel(look);
  history.replaceState(null, "", `/desk?patron=${patron}`);
}

// On a narrow screen the panel is below the log: a line beside the field says who is open, and what stops them.
function showPanel(look) {
  panel.replaceChildren(look);
  nameOpen();
}

function nameOpen() {
  const said = [panel.querySelector("h2") ?? panel, ...panel.querySelectorAll(".alert-error .alert-text")];
  document.getElementById("open-now").textContent = said.map((each) => each.textContent.trim()).filter(Boolean).join(" · ");
}

// To whoever has the copy on a pad: its security may be switched now, and not before.
export function tellAnswered(number, security) {
  if (number && security) document.dispatchEvent(new CustomEvent("desk:answered", { detail: { number, security } }));
}

// One loan more is all that changed.
function addLoan(row) {
  const loans = document.getElementById("loans");
  if (!row || !loans) return;
  loans.tBodies[0].prepend(row);
  loans.hidden = false;
  const count = document.getElementById("loan-count");
  count.textContent = Number(count.textContent) + 1;
  const word = document.getElementById("loan-word");
  if (count.textContent !== "1") word.textContent = word.dataset.several;
}

export function openUnknown(card, stopped = "") {
  Object.assign(open, { patron: "", card, stopped });
  openPatron.value = "";
  const shown = document.getElementById("panel-offline").content.cloneNode(true);
  shown.querySelector(".number").textContent = card;
  shown.querySelector('[data-when="taken"]').hidden = stopped !== "";
  const stop = shown.querySelector('[data-when="stopped"]');
  stop.hidden = stopped === "";
  stop.firstElementChild.textContent = stopped && words(stopped);
  showPanel(shown);
  history.replaceState(null, "", "/desk");
}

export function close() {
  Object.assign(open, { patron: "", card: "", stopped: "" });
  openPatron.value = "";
  showPanel(document.getElementById("panel-empty").content.cloneNode(true));
  history.replaceState(null, "", "/desk");
  field.focus();
}
