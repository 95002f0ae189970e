// The line of scans: each is stored the moment it is read, sent when the one before it has its answer, and where nobody
// answers taken as a fact, to be sent in its order with its own time and key once somebody does.

import { blockedAsOf, happenedAt, learnTime, looksLike, stamp } from "./offline.js";
import * as queue from "./queue.js";
import { close, open, openUnknown, showAnswer, showCount, showSent, showTold, tellAnswered, words } from "./showing.js";

const PATIENCE = 8000;
const TRY_AGAIN_AFTER = 2000;
const MOST_TRIES = 3;
const AWAY = new Set([429, 502, 503, 504]);
const TAB = crypto.randomUUID();
const SENDER = "faelles-desk-sender";

export const desk = { agency: "", branch: "", token: document.querySelector('meta[name="form-token"]').content };
const line = [];
let arriving = Promise.resolve();
let isWorking = false;
let again;
// "": somebody answers. "away", "session": nobody does, or nobody is signed in. "permission": not to this user.
let trouble = "";

// As long as this tab lives it holds a lock; what a tab without one left behind is taken over by the others.
const tabLock = (tab) => `faelles-desk-tab-${tab}`;
navigator.locks.request(tabLock(TAB), () => new Promise(() => {}));

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
  if ((await mustWait()) || !(await answered(entry))) {
    await take(entry);
    if (trouble === "") sendTaken();
  }
}

// Nobody answers, or what was taken before has to go first.
async function mustWait() {
  if (trouble === "permission") return false;
  return trouble !== "" || (await takenBefore()).length > 0;
}

async function takenBefore() {
  return (await queue.waiting(desk.agency)).filter((entry) => entry.isTaken);
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

// The answer, or null where nobody gave one: then `trouble` says why. A page of somebody else's network is none either.
async function post(path, fields, isSecondTry = false) {
  let answer;
  let html;
  try {
    const headers = { "x-fragment": "1", "x-form-token": desk.token };
    const body = new URLSearchParams(fields);
    answer = await fetch(path, { method: "POST", body, headers, signal: AbortSignal.timeout(PATIENCE) });
    html = await answer.text();
  } catch {
    return lose("away");
  }
  if (AWAY.has(answer.status)) return lose("away");
  if (answer.status === 401) return lose("session");
  if (answer.status === 403 && !isSecondTry) {
    const before = desk.token;
    if (!(await connect())) return null;
    return desk.token === before ? { status: 403, html } : post(path, fields, true);
  }
  if (!html.includes('class="entry ')) return lose("away");
  await learnTime(answer);
  return { status: answer.status, html };
}

function lose(why) {
  trouble = why;
  clearTimeout(again);
  again = setTimeout(sendTaken, TRY_AGAIN_AFTER);
  return null;
}

// Ask who is there: whether the session holds, and with which token its forms are signed.
export async function connect() {
  let answer;
  let said = {};
  try {
    answer = await fetch("/desk/connection", { headers: { "x-fragment": "1" }, signal: AbortSignal.timeout(PATIENCE) });
    if (answer.ok) said = await answer.json();
  } catch {
    return lose("away") !== null;
  }
  if (!answer.ok) return lose({ 401: "session", 403: "permission" }[answer.status] ?? "away") !== null;
  await learnTime(answer);
  if (desk.agency && said.agency !== desk.agency) return lose("session") !== null;
  Object.assign(desk, { agency: said.agency, token: said.token, maySend: said.may_send });
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
  open.stopped = "";
}

// Take back what was not sent yet.
export async function untake(id) {
  await navigator.locks.request(SENDER, async () => {
    if (!(await queue.has(id))) return;
    await queue.remove(id);
    showTold("web_offline_untaken", { tone: "done" });
  });
  await showWaiting();
}

// Everything that was taken while nobody answered, oldest first, by one tab for all. What is left by tabs that are gone
// is among it.
export async function sendTaken() {
  await navigator.locks.request(SENDER, { ifAvailable: true }, async (lock) => {
    if (lock) await sendAll();
  });
  await showWaiting();
}

async function sendAll() {
  await adopt();
  if ((await takenBefore()).length === 0 && trouble === "") return;
  if (!(await connect())) return;
  trouble = "";
  const sum = { sent: 0, listed: 0 };
  for (let taken = await takenBefore(); taken.length > 0; taken = await takenBefore()) {
    if (!desk.maySend) {
      trouble = "permission";
      break;
    }
    if (!(await sendOne(taken[0], sum))) break;
    await showWaiting();
  }
  if (sum.sent > 0) tellSum(sum);
  if (trouble === "" && open.card && !open.stopped) await reopened();
}

function tellSum(sum) {
  const isClear = sum.listed === 0;
  const code = isClear ? "web_offline_all_sent" : "web_offline_all_sent_conflicts";
  showTold(code, { tone: isClear ? "done" : "notice", parameters: sum });
}

async function adopt() {
  const alive = new Set((await navigator.locks.query()).held.map((lock) => lock.name));
  for (const entry of await queue.waiting(desk.agency)) {
    const isLeft = !entry.isTaken && !entry.isRefused && !alive.has(tabLock(entry.tab));
    if (isLeft) await queue.change({ ...entry, isTaken: true });
  }
}

// Whether the next one may follow.
async function sendOne(entry, sum) {
  const sealed = { ...entry, happened: entry.happened ?? (await happenedAt(entry)), tries: (entry.tries ?? 0) + 1 };
  await queue.change(sealed);
  const answer = await post(...asSent(sealed));
  if (answer === null) return false;
  if (answer.status === 403) return lose("permission") !== null;
  if (answer.status >= 500 && sealed.tries < MOST_TRIES) return lose("away") !== null;
  const { html } = answer;
  const shown = showAnswer(html, { isQuiet: true });
  sum.sent += 1;
  if (answer.status >= 400 || Number(shown.dataset.conflicts ?? 0) > 0) sum.listed += 1;
  if (answer.status >= 400) await refuse(sealed, shown.textContent.trim());
  else await queue.remove(entry.id);
  if (answer.status < 400 && shown.dataset.tone !== "done") showAnswer(html);
  showSent(entry.id);
  return true;
}

// The server can make nothing of it: it stays here until somebody has read it.
async function refuse(entry, said) {
  const refused = { ...entry, isTaken: false, isRefused: true, said };
  await queue.change(refused);
  showRefused(refused);
}

export async function showAllRefused() {
  for (const entry of await queue.waiting(desk.agency)) if (entry.isRefused) showRefused(entry);
}

function showRefused({ id, fields, under, said }) {
  const parameters = { said, card: under?.card ?? "" };
  const more = { action: "dismiss", actionWords: "web_offline_dismiss", button: id };
  showTold("web_offline_refused", { tone: "stop", scan: fields.scan, parameters, ...more });
}

export const dismiss = (id) => queue.remove(id);

function asSent({ path, fields, meaning, under, happened }) {
  if (meaning === "action") return [path, fields];
  const { scan, branch, key } = fields;
  const told = meaning === "card" ? "card" : under.patron || under.card ? "checkout" : "return";
  return ["/desk/offline-scans", { scan, branch, key, told, happened_at: happened, ...under }];
}

async function showWaiting() {
  const count = (await takenBefore()).length + line.length;
  document.body.classList.toggle("cut-off", trouble === "away" || trouble === "session");
  if (trouble !== "") showCount(words(`web_offline_${trouble}`, { count }));
  else showCount(count > 1 ? words("web_offline_waiting", { count }) : "");
  document.getElementById("sign-in-again").hidden = trouble !== "session";
}

export const mayLose = () => queue.memorySize() > 0;
