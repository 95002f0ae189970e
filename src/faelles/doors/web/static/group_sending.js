// The line of a class's scans: as at the desk (sending.js), but that each book belongs to whose turn it is.

import { blockedAsOf, looksLike, stamp } from "./offline.js";
import * as outbox from "./outbox.js";
import { desk, post, TAB } from "./outbox.js";
import * as queue from "./queue.js";

const line = [];
// What is to be done on the screen about an action that waits, once the server has said what became of it.
const afterwards = new Map();
let arriving = Promise.resolve();
let isWorking = false;
let page;

export function showOn(pageOfAClass) {
  page = pageOfAClass;
  outbox.showOn({ ...page, sent, inLine: () => line.length, allSent: async () => undefined });
}

function sent(id, answer, isTaken) {
  page.sent(id, answer, isTaken);
  afterwards.get(id)?.(isTaken);
  afterwards.delete(id);
}

export const isBusy = () => line.length > 0;

// `settled(isDone, isLate)`: what to do once the server has done it, or will not. Late: it waited, and the desk went on.
export function enqueue(path, fields, settled = () => {}) {
  arriving = arriving.then(() => arrive(path, fields, settled)).catch(() => lose(fields, settled));
}

// In line like a scan: what was read before still goes to whose turn it was then.
export function enqueueTurn(give) {
  arriving = arriving.then(() => join({ meaning: "turn" }, give));
}

function lose(fields, settled) {
  page.tell("web_offline_not_taken", { tone: "stop", scan: fields.scan });
  settled(false, false);
}

// Stored before it is sent. Whose a book is, is known when its turn comes, and not before.
async function arrive(path, fields, settled) {
  const isAction = fields.scan === undefined;
  const meaning = isAction ? "action" : looksLike(fields.scan);
  const scanned = { path, fields: { branch: desk.branch, ...fields, key: crypto.randomUUID() }, meaning };
  const whose = { agency: desk.agency, tab: TAB, isTaken: false, under: isAction ? {} : null };
  const entry = await queue.add({ ...(await stamp()), ...scanned, ...whose });
  if (queue.isInMemory(entry) && queue.memorySize() === 1) {
    page.tell("web_offline_storage_full", { tone: "stop", scan: fields.scan });
  }
  join(entry, settled);
}

function join(entry, settled) {
  line.push({ entry, settled });
  outbox.showWaiting();
  work();
}

async function work() {
  if (isWorking) return;
  isWorking = true;
  try {
    while (line.length > 0) {
      const { entry, settled } = line[0];
      await serve(entry, settled).catch(() => lose(entry.fields ?? {}, settled));
      line.shift();
      await outbox.showWaiting();
    }
  } finally {
    isWorking = false;
  }
}

async function serve(entry, settled) {
  if (entry.meaning === "turn") {
    settled();
    return;
  }
  if ((await outbox.mustWait()) || !(await answered(entry, settled))) {
    await take(entry, settled);
    if (outbox.isAnswered()) outbox.sendTaken();
  }
}

// Whether the server said what became of it.
async function answered(entry, settled) {
  const { patron, card } = page.turn();
  if (entry.meaning === "item" && card && !patron && !(await known(card))) return false;
  const answer = await post(entry.path, { ...entry.fields, ...nonEmpty(page.turn()) });
  if (answer === null) return false;
  await queue.remove(entry.id);
  const isDone = answer.status < 400;
  page.answered(answer.html, isDone, entry.fields.scan);
  settled(isDone, false);
  return true;
}

const nonEmpty = ({ patron, answering }) => ({ patron, answering: patron ? answering : "" });

// The card was read while nobody could look it up: now somebody can, before a book is lent under it.
async function known(card) {
  const fields = { scan: card, branch: desk.branch, key: crypto.randomUUID() };
  const answer = await post("/group-loan/scans", fields);
  if (answer === null) return false;
  if (!page.known(answer.html, card)) page.nobody();
  return true;
}

// Nobody answers: a card is whose turn it is, and a book is theirs.
async function take(entry, settled) {
  const { scan } = entry.fields;
  if (entry.meaning === "action") await takeAction(entry, settled);
  else if (entry.meaning === "search") await leave(entry, "web_offline_no_search");
  else if (entry.meaning === "card") await takeCard(entry, scan);
  else await takeBook(entry, scan);
}

async function takeAction(entry, settled) {
  afterwards.set(entry.id, (isDone) => settled(isDone, true));
  await keep(entry, {}, "web_offline_action_waits");
}

async function takeCard(entry, scan) {
  const asOf = await blockedAsOf(desk, scan);
  if (asOf) {
    const time = new Date(asOf).toLocaleTimeString(document.documentElement.lang, { timeStyle: "short" });
    page.nobody();
    await leave(entry, "web_offline_blocked", { time });
    return;
  }
  page.card(scan);
  const { patron, card } = page.turn();
  await keep(entry, { patron, card }, "web_offline_card");
}

async function takeBook(entry, scan) {
  const { patron, card, answering } = page.turn();
  if (!patron && !card) {
    await leave(entry, "web_group_card_first");
    return;
  }
  const under = { patron, card: patron ? "" : card, answering };
  await keep(entry, under, "web_offline_lent", { action: "untake", actionWords: "web_undo" });
  page.lent(scan, entry.id);
}

async function keep(entry, under, code, more = {}) {
  await queue.change({ ...entry, under, isTaken: true });
  page.tell(code, { scan: entry.fields.scan, id: entry.id, ...more });
}

async function leave(entry, code, parameters = {}) {
  await queue.remove(entry.id);
  page.tell(code, { tone: "stop", scan: entry.fields.scan, parameters });
}
