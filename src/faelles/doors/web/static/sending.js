// The line of scans: each is stored the moment it is read, sent when the one before it has its answer, and where nobody
// answers taken as a fact, to be sent in its order with its own time and key once somebody does.

import { blockedAsOf, looksLike, stamp } from "./offline.js";
import * as outbox from "./outbox.js";
import { desk, post, sendTaken, showWaiting, TAB } from "./outbox.js";
import * as queue from "./queue.js";
import { close, open, openUnknown, showAnswer, showCount, showSent, showTold, tellAnswered } from "./showing.js";

const line = [];
let arriving = Promise.resolve();
let isWorking = false;

outbox.showOn({
  tell: showTold,
  show: showAnswer,
  read: (html) => showAnswer(html, { isQuiet: true }),
  sent: showSent,
  count: showCount,
  inLine: () => line.length,
  allSent: async () => {
    if (open.card && !open.stopped) await reopened();
  },
});

export function enqueue(path, fields) {
  const lost = () => showTold("web_offline_not_taken", { tone: "stop", scan: fields.scan });
  arriving = arriving.then(() => arrive(path, fields)).catch(lost);
}

// In line like a scan: what was read before still belongs to whoever was open then.
export function enqueueClosing() {
  arriving = arriving.then(() => join({ meaning: "close" }));
}

async function arrive(path, fields) {
  const key = crypto.randomUUID();
  const meaning = fields.scan === undefined ? "action" : fields.meaning === "item" ? "item" : looksLike(fields.scan);
  const scanned = { path, fields: { branch: desk.branch, ...fields, key }, meaning, under: whoWillBeOpen() };
  const entry = await queue.add({ ...(await stamp()), ...scanned, agency: desk.agency, tab: TAB, isTaken: false });
  if (queue.isInMemory(entry) && queue.memorySize() === 1) {
    showTold("web_offline_storage_full", { tone: "stop", scan: fields.scan });
  }
  join(entry);
}

function join(entry) {
  line.push(entry);
  showWaiting();
  work();
}

// Who will be open when this scan's turn comes, as far as anybody can tell now.
function whoWillBeOpen() {
  const last = line.findLast((entry) => entry.meaning === "card" || entry.meaning === "close");
  if (!last) return { patron: open.patron, card: open.card };
  return { patron: "", card: last.meaning === "card" ? last.fields.scan : "" };
}

async function work() {
  if (isWorking) return;
  isWorking = true;
  try {
    while (line.length > 0) {
      await serve(line[0]).catch(() => showTold("web_offline_not_taken", { tone: "stop", scan: line[0].fields?.scan }));
      line.shift();
      await showWaiting();
    }
  } finally {
    isWorking = false;
  }
}

async function serve(entry) {
  if (entry.meaning === "close") {
    close();
    return;
  }
  if ((await outbox.mustWait()) || !(await answered(entry))) {
    await take(entry);
    if (outbox.isAnswered()) sendTaken();
  }
}

// Whether the server said what became of it.
async function answered(entry) {
  if (entry.meaning !== "card" && open.card && !open.stopped && !(await reopened())) return false;
  if (entry.meaning === "item" && open.stopped) {
    showTold(open.stopped, { tone: "stop", scan: entry.fields.scan });
  } else {
    const answer = await post(entry.path, { patron: open.patron, ...entry.fields });
    if (answer === null) return false;
    showAnswer(answer.html);
  }
  await queue.remove(entry.id);
  return true;
}

// The card was read while nobody could look it up: now somebody can, before a book is lent under it.
async function reopened() {
  const answer = await post("/desk/scans", { scan: open.card, branch: desk.branch, key: crypto.randomUUID() });
  if (answer === null) return false;
  const entry = showAnswer(answer.html);
  if (!entry.dataset.patron) openUnknown(open.card, "web_offline_card_unknown");
  return true;
}

// Nobody answers: the scan stands as what the desk took it for, and is told as that.
async function take(entry) {
  const said = await understood(entry);
  if (said.isKept) await queue.change({ ...entry, under: said.under, isTaken: true });
  else await queue.remove(entry.id);
  showTold(said.code, { scan: entry.fields.scan, id: said.isKept ? entry.id : "", ...said.more });
  if (said.security) tellAnswered(entry.fields.scan, said.security);
}

async function understood(entry) {
  const { scan } = entry.fields;
  const under = { patron: open.patron, card: open.card };
  if (entry.meaning === "action") return { isKept: true, under, code: "web_offline_action_waits" };
  if (entry.meaning === "search") return { isKept: false, code: "web_offline_no_search", more: { tone: "stop" } };
  if (entry.meaning === "card") return understoodCard(scan, under);
  if (open.stopped) return { isKept: false, code: open.stopped, more: { tone: "stop" } };
  const more = { action: "untake", actionWords: "web_undo" };
  const isLent = under.patron || under.card;
  const code = isLent ? "web_offline_lent" : "web_offline_returned";
  return { isKept: true, under, code, more, security: isLent ? "off" : "on" };
}

async function understoodCard(scan, under) {
  const asOf = await blockedAsOf(desk, scan);
  openUnknown(scan, asOf ? "web_offline_card_blocked" : "");
  if (!asOf) return { isKept: true, under, code: "web_offline_card" };
  const time = new Date(asOf).toLocaleTimeString(document.documentElement.lang, { timeStyle: "short" });
  const more = { tone: "stop", parameters: { time }, action: "lend-anyway", actionWords: "web_offline_lend_anyway" };
  return { isKept: false, code: "web_offline_blocked", more };
}

// Lend under a card that is on the list of blocked ones: a fact like others, and somebody will look at it.
export function lendAnyway() {
  openUnknown(open.card);
}
