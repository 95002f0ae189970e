// The desk: one field that takes every scan, and is free again at once. What becomes of a scan is in sending.js.

import { hasPrinter, printLines, startAgent } from "./agent.js";
import { refreshBlocked } from "./offline.js";
import * as outbox from "./outbox.js";
import * as sending from "./sending.js";
import { showTold } from "./showing.js";
import { keepForLater, standingOf } from "./standing.js";
import { words } from "./telling.js";

const { desk, sendTaken } = outbox;
const { enqueue, enqueueClosing } = sending;
const A_QUARTER = 15 * 60 * 1000;
const A_WHILE = 20 * 1000;
const form = document.getElementById("scan-form");
const field = document.getElementById("scan");
const openPatron = document.getElementById("open-patron");
const log = document.getElementById("log");

form.addEventListener("submit", (event) => {
  event.preventDefault();
  const scan = field.value.trim();
  field.value = "";
  if (scan) read(scan);
});

// However early it comes: the first scans wait until the desk knows where it stands.
async function read(scan) {
  await standing;
  if (desk.agency) enqueue("/desk/scans", { scan });
  else showTold("web_offline_unknown_desk", { tone: "stop", scan });
}

const actions = {
  close: enqueueClosing,
  renew: () => enqueue("/desk/renewals", { patron: openPatron.value }),
  rescan: (button) => enqueue("/desk/scans", { scan: button.dataset.scan, meaning: button.dataset.meaning }),
  print: (button) => printSlip(button.closest(".slip").querySelector(".printed")),
  receipt: () => printSlip(receipt()),
  "lend-anyway": (button) => {
    sending.lendAnyway();
    button.disabled = true;
  },
  untake: (button) => {
    button.disabled = true;
    outbox.untake(Number(button.dataset.scan));
  },
  dismiss: (button) => {
    outbox.dismiss(Number(button.dataset.scan));
    button.closest(".entry").remove();
  },
  undo: (button) => {
    button.disabled = true;
    enqueue("/desk/undo", { loan: button.dataset.loan, was_return: button.dataset.wasReturn });
  },
};

document.addEventListener("click", (event) => {
  const button = event.target.closest("button[data-action]");
  const action = actions[button?.dataset.action];
  if (!action) return;
  action(button);
  field.focus();
});

document.addEventListener("submit", (event) => {
  if (event.target.dataset.action !== "override") return;
  event.preventDefault();
  enqueue(event.target.getAttribute("action").toString(), Object.fromEntries(new FormData(event.target)));
  event.target.remove();
  field.focus();
});

document.addEventListener("keydown", (event) => {
  if (event.key === "Escape" && !document.querySelector("dialog[open]")) enqueueClosing();
  if (event.altKey && event.key.toLowerCase() === "z") {
    event.preventDefault();
    log.querySelector('button:is([data-action="undo"], [data-action="untake"]):not(:disabled)')?.click();
  }
  if (event.altKey && event.key.toLowerCase() === "o") {
    event.preventDefault();
    log.querySelector(".override input[name=reason]")?.focus();
  }
});

// Focus comes back to the field, unless somebody is typing or reading elsewhere on purpose.
function refocus() {
  const isElsewhere = document.activeElement !== document.body && document.activeElement !== field;
  if (!isElsewhere && !getSelection().toString() && !document.querySelector("dialog[open]")) field.focus();
}

document.addEventListener("focusout", () => setTimeout(refocus, 0));
window.addEventListener("focus", () => setTimeout(refocus, 0));
for (const dialog of document.querySelectorAll("dialog")) dialog.addEventListener("close", () => field.focus());

window.addEventListener("beforeunload", (event) => {
  if (outbox.mayLose()) event.preventDefault();
});

// By the printer beside the desk, which asks nothing; else by the browser, which does.
async function printSlip(printed) {
  const lines = [...printed.querySelectorAll("p")].map((line) => line.textContent.trim());
  if (hasPrinter() && (await printLines(lines))) return;
  document.body.classList.add("printing");
  const copy = printed.cloneNode(true);
  document.body.append(copy);
  window.print();
  copy.remove();
  document.body.classList.remove("printing");
}

function receipt() {
  const sheet = document.createElement("div");
  sheet.className = "printed";
  const rows = document.querySelectorAll("#loans tbody tr");
  const lines = [...rows].map((row) => [...row.cells].map((cell) => cell.textContent.trim()).join("  "));
  for (const line of [words("web_agent_receipt_head"), new Date().toLocaleDateString(document.documentElement.lang), ...lines]) {
    sheet.append(Object.assign(document.createElement("p"), { textContent: line }));
  }
  return sheet;
}

// What is to go somewhere gets its slip without a click, where a printer is at hand.
document.addEventListener("desk:shown", ({ target }) => {
  const slip = target.querySelector(".slip .printed");
  if (slip && hasPrinter()) printSlip(slip);
});

async function begin() {
  await standing;
  startAgent(desk.agent, read);
  if (form.dataset.kept !== undefined) await outbox.connect();
  await outbox.showAllRefused();
  await sendTaken();
  const { agency, branch } = desk;
  await refreshBlocked({ agency, branch });
  setInterval(() => refreshBlocked({ agency, branch }), A_QUARTER);
  setInterval(sendTaken, A_WHILE);
}

async function stand() {
  Object.assign(desk, await standingOf(form));
}

const standing = stand();
begin();
keepForLater(form, "/desk");
window.addEventListener("online", sendTaken);
