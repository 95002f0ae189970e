// A class and a stack: a card says whose turn it is; a copy goes to them, and the turn to the next on the list who has
// none yet. What becomes of a scan is in group_sending.js.

import * as outbox from "./outbox.js";
import * as sending from "./group_sending.js";
import { refreshBlocked } from "./offline.js";
import { play } from "./sound.js";
import { keepForLater, standingOf } from "./standing.js";
import { tellSent, toldEntry } from "./telling.js";

const A_QUARTER = 15 * 60 * 1000;
const A_WHILE = 20 * 1000;
const form = document.getElementById("group-form");
const field = document.getElementById("group-field");
const log = document.getElementById("group-log");
const rows = document.querySelector("#pairs tbody");
const turnLine = document.getElementById("turn");
const queueLine = document.getElementById("queue");
const swapButton = document.querySelector('[data-action="swap"]');
const inListOrder = rows.children.length > 0;
let turn = null;

form.addEventListener("submit", (event) => {
  event.preventDefault();
  const scan = field.value.trim();
  field.value = "";
  if (scan) read(scan);
});

// However early it comes: the first scans wait until the page knows where it stands.
async function read(scan) {
  await standing;
  if (outbox.desk.agency) sending.enqueue("/group-loan/scans", { scan });
  else put(toldEntry("web_offline_unknown_desk", { tone: "stop", scan }));
}

function put(entry) {
  log.prepend(entry);
  play(entry.dataset.tone);
  field.focus();
}

function entryOf(html) {
  const holder = document.createElement("template");
  holder.innerHTML = html;
  return holder.content.querySelector(".entry");
}

sending.showOn({
  tell: (code, said) => put(toldEntry(code, said)),
  read: entryOf,
  show: (html) => put(entryOf(html)),
  sent: (id, answer, isTaken) => {
    tellSent(log, id, isTaken);
    const book = rows.querySelector(`.book[data-waits="${id}"]`);
    if (book) settle(book, answer, isTaken);
  },
  count: (text) => {
    if (queueLine.textContent !== text) queueLine.textContent = text;
  },
  // Whose turn it is, is asked when the scan's turn comes: the scan before may have changed it.
  turn: () => ({ patron: turn?.dataset.patron ?? "", card: turn?.dataset.card ?? "", answering: answering() }),
  answered: (html, isDone, scan) => {
    const entry = entryOf(html);
    put(entry);
    if (isDone) take(entry, scan);
  },
  known: (html, card) => {
    const entry = entryOf(html);
    if (!entry.dataset.patron) put(entry);
    else rowOfCard(card).dataset.patron = entry.dataset.patron;
    return entry.dataset.patron !== undefined;
  },
  card: (card) => giveTurn(rowOfCard(card) ?? addRow({ card }, card)),
  nobody: () => giveTurn(null),
  lent: (number, id) => {
    const row = turn;
    addWaiting(row, number, id);
    giveTurn(inListOrder ? nextWithout(row) : row);
  },
});

const answering = () => (form.elements.answering?.checked ? form.elements.answering.value : "");

// Whoever may lend need not see names: then the card is the row's.
function take(entry, scan) {
  if (!entry.dataset.patron) return;
  const row = rowOf(entry.dataset.patron) ?? addRow({ patron: entry.dataset.patron }, entry.dataset.name || scan);
  if (entry.dataset.loan) {
    addBook(row, entry.dataset);
    giveTurn(inListOrder ? nextWithout(row) : row);
  } else if (entry.dataset.code === "web_patron_open") {
    giveTurn(row);
  }
}

const rowOf = (patron) => rows.querySelector(`tr[data-patron="${CSS.escape(patron)}"]`);
const rowOfCard = (card) => rows.querySelector(`tr[data-card="${CSS.escape(card)}"]`);

function addRow(who, name) {
  const row = document.getElementById("pair").content.cloneNode(true).querySelector("tr");
  Object.assign(row.dataset, who);
  row.querySelector("button").textContent = name;
  rows.append(row);
  document.getElementById("pairs-empty")?.remove();
  return row;
}

function addBook(row, told) {
  row.querySelector(".books").append(bookOf(row, told));
  count();
}

function bookOf(row, { loan, title, number }) {
  const book = document.getElementById("book").content.cloneNode(true).querySelector(".book");
  book.dataset.loan = loan;
  const box = book.querySelector("input");
  box.value = loan;
  box.setAttribute("aria-label", `${nameOf(row)}: ${title} ${number}`);
  book.querySelector(".book-title").textContent = `${title} ${number}`;
  return book;
}

// Nobody has said its title, nor whether it may be lent.
function addWaiting(row, number, id) {
  const book = Object.assign(document.createElement("span"), { className: "book", textContent: number });
  book.dataset.waits = id;
  row.querySelector(".books").append(book);
  count();
}

// What was made of a book that waited: a loan, or nothing. Whose turn it is by now stays so.
function settle(book, answer, isTaken) {
  const { loan, code } = answer;
  if (loan && !rows.querySelector(`.book[data-loan="${loan}"]`)) book.replaceWith(bookOf(book.closest("tr"), answer));
  else if (isTaken && code === "web_offline_done_before") book.removeAttribute("data-waits");
  else book.remove();
  sayTurn();
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
  sayTurn();
}

function sayTurn() {
  const isAllDone = inListOrder && nextWithout(null) === null;
  turnLine.textContent = turn ? nameOf(turn) : isAllDone ? form.dataset.allDone : form.dataset.scanCard;
}

function nameOf(row) {
  return row.querySelector(".who").textContent.trim();
}

function chosen() {
  return [...rows.querySelectorAll('input[name="swap"]:checked:not(:disabled)')];
}

function count() {
  document.getElementById("lent-count").textContent = rows.querySelectorAll(".book").length;
  swapButton.disabled = chosen().length !== 2;
}

// Until the server has swapped them nobody swaps them again.
function holdStill(boxes, isHeld) {
  for (const box of boxes) box.disabled = isHeld;
  count();
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

function takeAway(book, isLate) {
  const row = book?.closest("tr");
  book?.remove();
  if (row && !isLate) giveTurn(row);
  sayTurn();
  count();
}

const actions = {
  turn: (button) => sending.enqueueTurn(() => giveTurn(button.closest("tr"))),
  swap: () => {
    const boxes = chosen();
    const [first, second] = boxes;
    holdStill(boxes, true);
    sending.enqueue("/group-loan/swap", { loan: first.value, other: second.value }, (isDone) => {
      holdStill(boxes, false);
      if (isDone) swapBooks(first, second);
    });
  },
  undo: (button) => {
    const { loan } = button.dataset;
    button.disabled = true;
    sending.enqueue("/group-loan/undo", { loan }, (isDone, isLate) => {
      if (isDone) takeAway(rows.querySelector(`.book[data-loan="${loan}"]`), isLate);
    });
  },
  untake: async (button) => {
    button.disabled = true;
    const id = Number(button.dataset.scan);
    if (await outbox.untake(id)) takeAway(rows.querySelector(`.book[data-waits="${id}"]`), false);
  },
  dismiss: (button) => {
    outbox.dismiss(Number(button.dataset.scan));
    button.closest(".entry").remove();
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
    log.querySelector('button:is([data-action="undo"], [data-action="untake"]):not(:disabled)')?.click();
  }
});

window.addEventListener("beforeunload", (event) => {
  if (outbox.mayLose() || sending.isBusy()) event.preventDefault();
});

async function stand() {
  const isKept = form.dataset.kept !== undefined;
  if (isKept) standWithoutList();
  Object.assign(outbox.desk, await standingOf(form));
  return isKept;
}

// Out of the browser's own store: the list is not here, but the address says which class it is.
function standWithoutList() {
  const { pathname, search } = location;
  const chosen = Number(new URLSearchParams(search).get("class"));
  const { answering: tick } = form.elements;
  tick.value = chosen;
  tick.checked = chosen > 0;
  tick.parentElement.hidden = !tick.checked;
  document.getElementById("sign-in-again").href = `/sign-in?next=${encodeURIComponent(pathname + search)}`;
}

async function begin() {
  if (inListOrder) giveTurn(rows.querySelector('tr[data-role="pupil"]') ?? rows.querySelector("tr"));
  if (await standing) await outbox.connect();
  const { agency, branch } = outbox.desk;
  await outbox.showAllRefused();
  await outbox.sendTaken();
  await refreshBlocked({ agency, branch });
  setInterval(() => refreshBlocked({ agency, branch }), A_QUARTER);
  setInterval(outbox.sendTaken, A_WHILE);
}

const standing = stand();
begin();
keepForLater(form, "/group-loan");
window.addEventListener("online", outbox.sendTaken);
