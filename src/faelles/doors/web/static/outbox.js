// What was taken while nobody answered: kept by all pages of scans in one store, sent in its order with its own times by
// one tab for all. A page of scans says in `page` how it shows what becomes of it.

import { happenedAt, learnTime } from "./offline.js";
import * as queue from "./queue.js";
import { words } from "./telling.js";

const PATIENCE = 8000;
const TRY_AGAIN_AFTER = 2000;
const MOST_TRIES = 3;
const AWAY = new Set([429, 502, 503, 504]);
const SENDER = "faelles-desk-sender";

export const TAB = crypto.randomUUID();
export const desk = { agency: "", branch: "", token: document.querySelector('meta[name="form-token"]').content };
let page;
let again;
// "": somebody answers. "away", "session": nobody does, or nobody is signed in. "permission": not to this user.
let trouble = "";

// As long as this tab lives it holds a lock; what a tab without one left behind is taken over by the others.
const tabLock = (tab) => `faelles-desk-tab-${tab}`;
navigator.locks.request(tabLock(TAB), () => new Promise(() => {}));

// One tab sends what all have taken: whose scan it was hears from it what became of it.
const otherTabs = new BroadcastChannel("faelles-desk-sent");
otherTabs.addEventListener("message", async ({ data }) => {
  if (data.tab === TAB) {
    settle(data);
    const refused = (await queue.waiting(desk.agency)).find(({ id }) => id === data.id);
    if (refused) showRefused(refused);
  }
  await showWaiting();
});

export function showOn(pageOfScans) {
  page = pageOfScans;
}

export const isAnswered = () => trouble === "";
export const mayLose = () => queue.memorySize() > 0;

async function takenBefore() {
  return (await queue.waiting(desk.agency)).filter((entry) => entry.isTaken);
}

// Nobody answers, or what was taken before has to go first.
export async function mustWait() {
  if (trouble === "permission") return false;
  return trouble !== "" || (await takenBefore()).length > 0;
}

// The answer, or null where nobody gave one: then `trouble` says why. A page of somebody else's network is none either.
export async function post(path, fields, isSecondTry = false) {
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

// Take back what was not sent yet. Whether it was still there.
export async function untake(id) {
  let wasThere = false;
  await navigator.locks.request(SENDER, async () => {
    wasThere = await queue.has(id);
    if (wasThere) await queue.remove(id);
  });
  page.tell(wasThere ? "web_offline_untaken" : "web_offline_untaken_late", { tone: wasThere ? "done" : "notice" });
  await showWaiting();
  return wasThere;
}

// Everything that was taken while nobody answered, oldest first. What is left by tabs that are gone is among it.
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
  const sum = { sent: 0, listed: 0, refused: 0 };
  for (let taken = await takenBefore(); taken.length > 0; taken = await takenBefore()) {
    if (!desk.maySend) {
      trouble = "permission";
      break;
    }
    if (!(await sendOne(taken[0], sum))) break;
    await showWaiting();
  }
  if (sum.sent > 0) tellSum(sum);
  if (trouble === "") await page.allSent();
}

function tellSum(sum) {
  const isClear = sum.listed === 0 && sum.refused === 0;
  const what = isClear ? "" : sum.listed > 0 ? "_conflicts" : "_refused";
  page.tell(`web_offline_all_sent${what}`, { tone: isClear ? "done" : "notice", parameters: sum });
}

// A tab that died before it knew to whom a book went cannot say so any more: somebody reads the number and scans again.
async function adopt() {
  const alive = new Set((await navigator.locks.query()).held.map((lock) => lock.name));
  for (const entry of await queue.waiting(desk.agency)) {
    const isLeft = !entry.isTaken && !entry.isRefused && !alive.has(tabLock(entry.tab));
    if (!isLeft) continue;
    if (entry.under) await queue.change({ ...entry, isTaken: true });
    else await refuse(entry, words("web_offline_scan_again"));
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
  const told = { id: entry.id, tab: entry.tab, html: answer.html, isTaken: answer.status < 400 };
  const shown = page.read(told.html);
  sum.sent += 1;
  if (!told.isTaken || Number(shown.dataset.conflicts ?? 0) > 0) sum.listed += 1;
  else if (shown.dataset.tone === "stop") sum.refused += 1;
  if (told.isTaken) await queue.remove(entry.id);
  else await refuse(sealed, shown.textContent.trim());
  settle(told);
  otherTabs.postMessage(told);
  return true;
}

// Tell the page what the server said of one that waited: taken, as the answer says, or refused.
function settle({ id, html, isTaken }) {
  const shown = page.read(html);
  if (isTaken && shown.dataset.tone !== "done") page.show(html);
  page.sent(id, shown.dataset, isTaken);
}

function asSent({ path, fields, meaning, under, happened }) {
  if (meaning === "action") return [path, fields];
  const { scan, branch, key } = fields;
  const told = meaning === "card" ? "card" : under.patron || under.card ? "checkout" : "return";
  return ["/desk/offline-scans", { scan, branch, key, told, happened_at: happened, ...under }];
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
  page.tell("web_offline_refused", { tone: "stop", scan: fields.scan, parameters, ...more });
}

export const dismiss = (id) => queue.remove(id);

export async function showWaiting() {
  const count = (await takenBefore()).length + page.inLine();
  document.body.classList.toggle("cut-off", trouble === "away" || trouble === "session");
  if (trouble !== "") page.count(words(`web_offline_${trouble}`, { count }));
  else page.count(count > 1 ? words("web_offline_waiting", { count }) : "");
  document.getElementById("sign-in-again").hidden = trouble !== "session";
}
