// The line of a class's scans: as at the desk (sending.js), but that each book belongs to whose turn it is.

import { blockedAsOf, looksLike, stamp } from "./offline.js";
import * as outbox from "./outbox.js";
import { desk, post, TAB } from "./outbox.js";
import * as queue from "./queue.js";

const line = [];
let arriving = Promise.resolve();
let isWorking = false;
let page;

export function showOn(pageOfAClass) {
  page = pageOfAClass;
  outbox.showOn({ ...page, inLine: () => line.length, allSent: async () => undefined });
}

export const isBusy = () => line.length > 0;

// `done`: what to do once the server has done it.
export function enqueue(path, fields, done = () => {}) {
  arriving = arriving.then(() => arrive(path, fields, done)).catch(() => lose(fields));
}

const lose = (fields) => page.tell("web_offline_not_taken", { tone: "stop", scan: fields.scan });

// Stored before it is sent. Whose a book is, is known when its turn comes, and not before.
async function arrive(path, fields, done) {
  const isAction = fields.scan === undefined;
  const meaning = isAction ? "action" : looksLike(fields.scan);
  const scanned = { path, fields: { branch: desk.branch, ...fields, key: crypto.randomUUID() }, meaning };
  const whose = { agency: desk.agency, tab: TAB, isTaken: false, under: isAction ? {} : null };
  const entry = await queue.add({ ...(await stamp()), ...scanned, ...whose });
  if (queue.isInMemory(entry) && queue.memorySize() === 1) {
    page.tell("web_offline_storage_full", { tone: "stop", scan: fields.scan });
  }
  line.push({ entry, done });
  outbox.showWaiting();
  work();
}

async function work() {
  if (isWorking) return;
  isWorking = true;
  try {
    while (line.length > 0) {
      const { entry, done } = line[0];
      await serve(entry, done).catch(() => lose(entry.fields));
      line.shift();
      await outbox.showWaiting();
    }
  } finally {
    isWorking = false;
  }
}

async function serve(entry, done) {
  if ((await outbox.mustWait()) || !(await answered(entry, done))) {
    await take(entry);
    if (outbox.isAnswered()) outbox.sendTaken();
  }
}

// Whether the server said what became of it.
async function answered(entry, done) {
  const { patron, card } = page.turn();
  if (entry.meaning === "item" && card && !patron && !(await known(card))) return false;
  const answer = await post(entry.path, { ...entry.fields, ...nonEmpty(page.turn()) });
  if (answer === null) return false;
  await queue.remove(entry.id);
  page.answered(answer.html, answer.status < 400, done);
  return true;
}

const nonEmpty = ({ patron, answering }) => ({ patron, answering: patron ? answering : "" });

// The card was read while nobody could look it up: now somebody can, before a book is lent under it.
async function known(card) {
  const fields = { scan: card, branch: desk.branch, key: crypto.randomUUID() };
  const answer = await post("/group-loan/scans", fields);
  if (answer === null) return false;
  if (!page.known(answer.html)) page.nobody();
  return true;
}

// Nobody answers: a card is whose turn it is, and a book is theirs.
async function take(entry) {
  const { scan } = entry.fields;
  if (entry.meaning === "action") await keep(entry, {}, "web_offline_action_waits");
  else if (entry.meaning === "search") await leave(entry, "web_offline_no_search");
  else if (entry.meaning === "card") await takeCard(entry, scan);
  else await takeBook(entry, scan);
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
  const under = patron ? { patron, card: "", answering } : { patron: "", card };
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
