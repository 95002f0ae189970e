// What a page of scans says by itself, in the reader's language: its sentences stand in the page (offline/words.html).

const sentences = document.getElementById("offline-words").content;
const told = document.getElementById("told").content;

export function words(code, parameters = {}) {
  const sentence = sentences.querySelector(`[data-code="${code}"]`)?.textContent ?? code;
  return sentence.replace(/#(\w+)/g, (_, name) => parameters[name] ?? "");
}

// An entry of the log. `id`: the scan that waits in the queue; `button`: what its button is about, if not that.
export function toldEntry(code, { tone = "offline", scan = "", id = "", parameters = {}, action, actionWords, button }) {
  const entry = told.cloneNode(true).querySelector(".entry");
  entry.dataset.tone = tone;
  entry.classList.add(tone);
  entry.dataset.scan = id;
  entry.querySelector(".tone").textContent = words(`web_tone_${tone}`);
  entry.querySelector('[data-slot="said"]').textContent = words(code, { scan, ...parameters });
  entry.querySelector(".number").textContent = scan;
  entry.querySelector(".state").textContent = id ? words("web_offline_unchecked") : "";
  const pressed = entry.querySelector("button");
  if (action) {
    pressed.dataset.action = action;
    pressed.dataset.scan = button ?? (id || scan);
    pressed.querySelector("span").textContent = words(actionWords);
  } else {
    pressed.remove();
  }
  return entry;
}

// The scan was sent after all: its entry in the log says so, unless the server could make nothing of it.
export function tellSent(log, id, isTaken) {
  const entry = log.querySelector(`.entry[data-scan="${id}"]`);
  if (!entry) return;
  entry.classList.toggle("sent", isTaken);
  entry.querySelector(".state").textContent = isTaken ? words("web_offline_sent") : "";
  entry.querySelector("button")?.remove();
}
