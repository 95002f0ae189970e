// The program beside the browser that has the RFID pad and the printer, where the desk was paired with one. It reads and
// writes tags; what is lent and returned is for the server to say, and security is switched only after it has said it.

import { keep, setting } from "./queue.js";
import { showTold } from "./showing.js";
import { words } from "./telling.js";

const LISTENS = 20;
const WITHOUT = 5000;
const said = document.getElementById("agent-said");
const onPad = new Set();
const told = new Map();
let address = "";
let token = "";
let status = {};

export const hasPrinter = () => Boolean(token && status.printer);

export async function startAgent(where, scan) {
  address = where;
  if (!address) return;
  document.getElementById("agent-pair").addEventListener("submit", (event) => pair(event, scan));
  token = (await setting("agent")) ?? "";
  if (token) await listen(scan);
}

async function pair(event, scan) {
  event.preventDefault();
  const code = new FormData(event.target).get("code");
  const answer = await ask("/v1/pair", { code }).catch(() => null);
  if (!answer?.token) {
    said.textContent = words(answer ? "web_agent_wrong" : "web_agent_gone");
    return;
  }
  const wasListening = token !== "";
  token = answer.token;
  await keep("agent", token);
  document.getElementById("agent").open = false;
  document.getElementById("scan").focus();
  if (!wasListening) await listen(scan);
}

// The answer as it was sent; a refusal has a `code`. Rejects where nobody answers.
async function ask(path, body) {
  const headers = { "content-type": "application/json", authorization: `Bearer ${token}` };
  const sent = body === undefined ? {} : { method: "POST", body: JSON.stringify(body) };
  const answer = await fetch(address + path, { ...sent, headers });
  return answer.json();
}

async function listen(scan) {
  let mark = "";
  for (;;) {
    try {
      if (!status.version) await greet();
      if (!status.pad) return;
      const found = await ask(`/v1/pad?after=${mark}&wait=${LISTENS}`);
      if (found.code) throw new Error(found.code);
      mark = found.mark;
      see(found.copies, scan);
    } catch {
      status = {};
      said.textContent = words("web_agent_gone");
      await new Promise((resolve) => setTimeout(resolve, WITHOUT));
    }
  }
}

async function greet() {
  status = await ask("/v1/status");
  if (!status.is_paired) throw new Error("not paired");
  said.textContent = words("web_agent_ready");
}

// A copy that is laid on the pad is a scan, once all its parts are there.
function see(copies, scan) {
  const lying = new Set(copies.map((copy) => copy.number));
  for (const gone of [...onPad].filter((number) => !lying.has(number))) onPad.delete(gone);
  for (const gone of [...told.keys()].filter((number) => !lying.has(number))) told.delete(gone);
  for (const copy of copies) {
    if (copy.is_complete && !onPad.has(copy.number)) {
      onPad.add(copy.number);
      scan(copy.number);
    } else if (!copy.is_complete && told.get(copy.number) !== copy.seen.length) {
      told.set(copy.number, copy.seen.length);
      const parameters = { seen: copy.seen.length, parts: copy.parts };
      showTold("web_agent_incomplete", { tone: "notice", scan: copy.number, parameters });
    }
  }
}

document.addEventListener("desk:answered", async ({ detail: { number, security } }) => {
  if (!onPad.has(number)) return;
  const answer = await ask("/v1/security", { number, secured: security === "on" }).catch(() => ({ done: false }));
  if (answer.done) return;
  onPad.delete(number);
  showTold(security === "on" ? "web_agent_secured_failed" : "web_agent_unsecured_failed", { tone: "stop", scan: number });
});

// Whether the printer took it.
export async function printLines(lines) {
  const answer = await ask("/v1/print", { lines: lines.filter(Boolean) }).catch(() => ({}));
  return answer.done === true;
}
