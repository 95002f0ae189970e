// Between the desk and the network: where nobody answers, the desk opens from what is kept here. `KEPT` stands above.

const CACHE = `faelles-desk-${KEPT.version}`;
const SETTINGS = "faelles-settings";
const PATIENCE = 5000;
const AWAY = new Set([502, 503, 504]);

self.addEventListener("install", (event) => {
  event.waitUntil(keepAll());
});

async function keepAll() {
  const cache = await caches.open(CACHE);
  // As nobody: what is kept is the same for all.
  await cache.addAll(KEPT.files.map((path) => new Request(path, { credentials: "omit" })));
  const pages = Object.values(KEPT.pages);
  await cache.addAll(pages.map((path) => new Request(path, { credentials: "omit", cache: "no-cache" })));
  await self.skipWaiting();
}

self.addEventListener("activate", (event) => {
  event.waitUntil(takeOver());
});

async function takeOver() {
  const old = (await caches.keys()).filter((name) => name !== CACHE && name !== SETTINGS);
  await Promise.all(old.map((name) => caches.delete(name)));
  await self.clients.claim();
}

self.addEventListener("fetch", (event) => {
  const { origin, pathname } = new URL(event.request.url);
  if (event.request.method !== "GET" || origin !== self.location.origin) return;
  if (event.request.mode === "navigate" && pathname === "/desk") event.respondWith(desk(event.request));
  else if (KEPT.files.includes(pathname)) event.respondWith(file(event.request));
});

// Always the server's page where there is one; whatever it is, it is not kept.
async function desk(request) {
  const late = new Promise((resolve) => setTimeout(resolve, PATIENCE));
  const asked = fetch(request).then((answer) => (AWAY.has(answer.status) ? undefined : answer), () => undefined);
  return (await Promise.race([asked, late])) ?? keptPage();
}

async function keptPage() {
  const cache = await caches.open(CACHE);
  const chosen = await (await caches.open(SETTINGS)).match("/desk/language");
  const language = (await chosen?.text()) ?? "da";
  return cache.match(KEPT.pages[language] ?? KEPT.pages.da);
}

async function file(request) {
  const cache = await caches.open(CACHE);
  return (await cache.match(request)) ?? fetch(request);
}
