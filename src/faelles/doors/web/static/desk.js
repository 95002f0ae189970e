// The desk's scans: each is put in line the moment it is read, and sent when the one before it has its answer. So none
// is lost, and a card opens its patron before the books that follow are lent. The field is free again at once.

import { play } from "./sound.js";

const form = document.getElementById("scan-form");
const field = document.getElementById("scan");
const openPatron = document.getElementById("open-patron");
const log = document.getElementById("log");
const panel = document.getElementById("panel");
const queueLine = document.getElementById("queue");
const token = document.querySelector('meta[name="form-token"]').content;

const MOST_SHOWN = 100;
const TRY_AGAIN_AFTER = 2000;
const waiting = [];
let isSending = false;

form.addEventListener("submit", (event) => {
  event.preventDefault();
  const scan = field.value.trim();
  field.value = "";
  if (scan) enqueue("/desk/scans", { scan });
});

function enqueue(path, fields) {
  waiting.push({ path, fields: { ...fields, branch: form.elements.branch.value, key: crypto.randomUUID() } });
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

// The patron who is open is asked for when the scan is sent, not when it was read: the scan before may have changed it.
async function send({ path, fields }) {
  const body = new URLSearchParams({ patron: openPatron.value, ...fields });
  let answer;
  try {
    answer = await fetch(path, { method: "POST", body, headers: { "x-fragment": "1", "x-form-token": token } });
  } catch {
    queueLine.textContent = form.dataset.lost;
    return false;
  }
  if (answer.status === 401) {
    queueLine.textContent = form.dataset.sessionOver;
    return false;
  }
  if (answer.status === 503) return false;
  show(await answer.text());
  return true;
}

function show(html) {
  const answer = document.createElement("template");
  answer.innerHTML = html;
  const entry = answer.content.querySelector(".entry");
  const newPanel = answer.content.querySelector("#panel-new");
  log.prepend(entry);
  while (log.children.length > MOST_SHOWN) log.lastChild.remove();
  play(entry.dataset.tone);
  if (entry.dataset.patron) open(entry.dataset.patron, newPanel?.content);
  field.focus();
}

function open(patron, content) {
  openPatron.value = patron;
  if (content) panel.replaceChildren(content);
  history.replaceState(null, "", patron ? `/desk?patron=${patron}` : "/desk");
}

function close() {
  open("", document.getElementById("panel-empty").content.cloneNode(true));
  field.focus();
}

function showQueue() {
  queueLine.textContent = waiting.length > 1 ? form.dataset.waiting.replace("#", waiting.length) : "";
}

const actions = {
  close,
  renew: () => enqueue("/desk/renewals", { patron: openPatron.value }),
  rescan: (button) => enqueue("/desk/scans", { scan: button.dataset.scan, meaning: button.dataset.meaning }),
  print: (button) => printSlip(button.closest(".slip")),
  undo: (button) => {
    button.disabled = true;
    enqueue("/desk/undo", { loan: button.dataset.loan, was_return: button.dataset.wasReturn });
  },
};

document.addEventListener("click", (event) => {
  const button = event.target.closest("button[data-action]");
  actions[button?.dataset.action]?.(button);
});

document.addEventListener("submit", (event) => {
  if (event.target.dataset.action !== "override") return;
  event.preventDefault();
  enqueue(event.target.getAttribute("action").toString(), Object.fromEntries(new FormData(event.target)));
  event.target.remove();
});

document.addEventListener("keydown", (event) => {
  if (event.key === "Escape" && !document.querySelector("dialog[open]")) close();
  if (event.altKey && event.key.toLowerCase() === "z") {
    event.preventDefault();
    log.querySelector('button[data-action="undo"]:not(:disabled)')?.click();
  }
});

// Focus comes back to the field, unless somebody is typing or reading elsewhere on purpose.
document.addEventListener("focusout", () => {
  setTimeout(() => {
    if (document.activeElement === document.body && !getSelection().toString()) field.focus();
  }, 0);
});

window.addEventListener("beforeunload", (event) => {
  if (waiting.length > 0) event.preventDefault();
});

function printSlip(slip) {
  document.body.classList.add("printing");
  const copy = slip.querySelector(".printed").cloneNode(true);
  document.body.append(copy);
  window.print();
  copy.remove();
  document.body.classList.remove("printing");
}
