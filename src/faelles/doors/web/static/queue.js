// What was scanned and has no answer yet, kept in the browser's own database: it is there before anything is sent, and
// stays until the server has said what became of it. Where the database takes no more, memory holds it, and says so.

const NAME = "faelles-desk";
const memory = new Map();
let lastInMemory = 0;
let opened;

export const isInMemory = (entry) => memory.has(entry.id);
export const memorySize = () => memory.size;

function database() {
  opened ??= new Promise((resolve, reject) => {
    const request = indexedDB.open(NAME, 1);
    request.onupgradeneeded = () => {
      request.result.createObjectStore("scans", { keyPath: "id", autoIncrement: true });
      request.result.createObjectStore("settings");
    };
    request.onsuccess = () => {
      request.result.onclose = () => (opened = undefined);
      resolve(request.result);
    };
    request.onerror = () => {
      opened = undefined;
      reject(request.error);
    };
  });
  return opened;
}

// `durability`: what nobody else knows yet is written through to the disk; what only passes by is not waited for.
async function within(store, mode, ask, durability = "relaxed") {
  const db = await database();
  return new Promise((resolve, reject) => {
    const transaction = db.transaction(store, mode, { durability });
    const request = ask(transaction.objectStore(store));
    transaction.oncomplete = () => resolve(request.result);
    transaction.onabort = transaction.onerror = () => reject(transaction.error ?? request.error);
  });
}

// The entry with its place in line.
export async function add(entry) {
  try {
    return { ...entry, id: await within("scans", "readwrite", (store) => store.add(entry)) };
  } catch {
    lastInMemory += 1;
    const kept = { ...entry, id: Number.MAX_SAFE_INTEGER - 1_000_000 + lastInMemory };
    memory.set(kept.id, kept);
    return kept;
  }
}

export async function change(entry) {
  if (memory.has(entry.id)) {
    memory.set(entry.id, entry);
    return;
  }
  try {
    await within("scans", "readwrite", (store) => store.put(entry), "strict");
  } catch {
    memory.set(entry.id, entry);
  }
}

export async function remove(id) {
  // One that memory took over is in both. One that is left is sent again under its key, and told as done before.
  memory.delete(id);
  await within("scans", "readwrite", (store) => store.delete(id)).catch(() => undefined);
}

export const has = async (id) =>
  memory.has(id) || (await within("scans", "readonly", (store) => store.count(id))) > 0;

// All that one municipality's desks in this browser have scanned, oldest first; what is of another stays where it is.
export async function waiting(agency) {
  const stored = await within("scans", "readonly", (store) => store.getAll()).catch(() => []);
  const all = [...stored.filter((entry) => !memory.has(entry.id)), ...memory.values()];
  return all.filter((entry) => entry.agency === agency);
}

export const setting = (name) => within("settings", "readonly", (store) => store.get(name)).catch(() => undefined);

export const keep = (name, value) =>
  within("settings", "readwrite", (store) => store.put(value, name)).catch(() => undefined);
