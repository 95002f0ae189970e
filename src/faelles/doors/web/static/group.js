// A class and a stack: every scan is put in line and sent when the one before it has its answer. A card says whose turn
// it is; a copy goes to them, and the turn to the next on the list who has none yet.

import { play } from "./sound.js";

const form = document.getElementById("group-form");
const field = document.getElementById("group-field");
const log = document.getElementById("group-log");
const rows = document.querySelector("#pairs tbody");
const turnLine = document.getElementById("turn");
const queueLine = document.getElementById("group-queue");
const swapButton = document.querySelector('[data-action="swap"]');
const token = document.querySelector('meta[name="form-token"]').content;
const inListOrder = rows.children.length > 0;

const TRY_AGAIN_AFTER = 2000;
const PATIENCE = 8000;
const waiting = [];
let isSending = false;
let turn = null;

form.addEventListener("submit", (event) => {
  event.preventDefault();
  const scan = field.value.trim();
  field.value = "";
  if (scan) enqueue("/group-loan/scans", { scan, answering: form.elements.answering?.checked ? form.elements.answering.value : "" });
});

function enqueue(path, fields, done = () => {}) {
  waiting.push({ path, done, fields: { ...fields, branch: form.elements.branch.value, key: crypto.randomUUID() } });
  showQueue();
  if (!isSending) sendAll();
}

async function sendAll() {
  isSending = true;
  while (waiting.length > 0) {
    if (await send(waiting[0])) {
      waiting.shift();
      showQueue();
    } else {
      await new Promise((resolve) => setTimeout(resolve, TRY_AGAIN_AFTER));
    }
  }
  isSending = false;
}

// Whose turn it is, is asked when the scan is sent: the scan before may have changed it.
async function send({ path, fields, done }) {
  const body = new URLSearchParams({ ...fields, patron: turn?.dataset.patron ?? "" });
  const headers = { "x-fragment": "1", "x-form-token": token };
  let answer;
  let html;
  try {
    answer = await fetch(path, { method: "POST", body, headers, signal: AbortSignal.timeout(PATIENCE) });
    html = await answer.text();
  } catch {
    queueLine.textContent = form.dataset.lost;
    return false;
  }
  if (answer.status === 401) queueLine.textContent = form.dataset.sessionOver;
  if (answer.status === 401) return false;
  // Not ours: a proxy that found nobody, or the sign-in page of somebody else's network.
  if ([429, 502, 503, 504].includes(answer.status) || !html.includes('class="entry ')) {
    queueLine.textContent = form.dataset.lost;
    return false;
  }
  const holder = document.createElement("template");
  holder.innerHTML = html;
  const entry = holder.content.querySelector(".entry");
  log.prepend(entry);
  play(entry.dataset.tone);
  if (answer.ok) take(entry);
  if (answer.ok) done(entry);
  field.focus();
  return true;
}

function take(entry) {
  if (!entry.dataset.patron) return;
  const row = rowOf(entry.dataset.patron) ?? addRow(entry.dataset.patron, entry.dataset.name);
  if (entry.dataset.loan) {
    addBook(row, entry.dataset);
    giveTurn(inListOrder ? nextWithout(row) : row);
  } else if (entry.dataset.code === "web_patron_open") {
    giveTurn(row);
  }
}

function rowOf(patron) {
  return rows.querySelector(`tr[data-patron="${CSS.escape(patron)}"]`);
}

function addRow(patron, name) {
  const row = document.getElementById("pair").content.cloneNode(true).querySelector("tr");
  row.dataset.patron = patron;
  row.querySelector("button").textContent = name;
  rows.append(row);
  document.getElementById("pairs-empty")?.remove();
  return row;
}

function addBook(row, { loan, title, number }) {
  const book = document.getElementById("book").content.cloneNode(true).querySelector(".book");
  book.dataset.loan = loan;
  const box = book.querySelector("input");
  box.value = loan;
  box.setAttribute("aria-label", `${nameOf(row)}: ${title} ${number}`);
  book.querySelector(".book-title").textContent = `${title} ${number}`;
  row.querySelector(".books").append(book);
  count();
}

function nextWithout(row) {
  const all = [...rows.querySelectorAll('tr[data-role="pupil"]')];
  const after = [...all.slice(all.indexOf(row) + 1), ...all.slice(0, all.indexOf(row) + 1)];
  return after.find((each) => !each.querySelector(".book")) ?? null;
}

function giveTurn(row) {
  turn?.removeAttribute("aria-current");
  turn = row;
  turn?.setAttribute("aria-current", "true");
  turnLine.textContent = row ? nameOf(row) : inListOrder ? form.dataset.allDone : form.dataset.scanCard;
}

function nameOf(row) {
  return row.querySelector(".who").textContent.trim();
}

function chosen() {
  return [...rows.querySelectorAll('input[name="swap"]:checked')];
}

function count() {
  document.getElementById("lent-count").textContent = rows.querySelectorAll(".book").length;
  swapButton.disabled = chosen().length !== 2;
}

function swapBooks(first, second) {
  const [one, other] = [first.closest(".book"), second.closest(".book")];
  const place = document.createComment("");
  one.before(place);
  other.before(one);
  place.replaceWith(other);
  for (const box of [first, second]) {
    box.checked = false;
    box.setAttribute("aria-label", `${nameOf(box.closest("tr"))}: ${box.nextElementSibling.textContent}`);
  }
  count();
}

const actions = {
  turn: (button) => giveTurn(button.closest("tr")),
  swap: () => {
    const [first, second] = chosen();
    enqueue("/group-loan/swap", { loan: first.value, other: second.value }, () => swapBooks(first, second));
  },
  undo: (button) => {
    button.disabled = true;
    enqueue("/group-loan/undo", { loan: button.dataset.loan }, () => {
      const book = rows.querySelector(`.book[data-loan="${button.dataset.loan}"]`);
      const row = book?.closest("tr");
      book?.remove();
      if (row) giveTurn(row);
      count();
    });
  },
};

document.addEventListener("click", (event) => {
  const button = event.target.closest("button[data-action]");
  actions[button?.dataset.action]?.(button);
  if (button && button.dataset.action !== "print") field.focus();
});

rows.addEventListener("change", count);

document.addEventListener("keydown", (event) => {
  if (event.altKey && event.key.toLowerCase() === "z") {
    event.preventDefault();
    log.querySelector('button[data-action="undo"]:not(:disabled)')?.click();
  }
});

window.addEventListener("beforeunload", (event) => {
  if (waiting.length > 0) event.preventDefault();
});

function showQueue() {
  queueLine.textContent = waiting.length > 1 ? form.dataset.waiting.replace("#", waiting.length) : "";
}

if (inListOrder) giveTurn(rows.querySelector('tr[data-role="pupil"]') ?? rows.querySelector("tr"));
