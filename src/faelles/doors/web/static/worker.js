// Between a page of scans and the network: where nobody answers, the page opens from what is kept here. Each such page
// has a worker of its own, with what it keeps, so that no other page of the site waits for one. `KEPT` stands above.

const PAGE = new URL(self.registration.scope).pathname;
const OURS = `faelles-kept-${PAGE}-`;
const CACHE = OURS + KEPT.version;
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
  const pages = Object.values(KEPT.pages[PAGE]);
  await cache.addAll(pages.map((path) => new Request(path, { credentials: "omit", cache: "no-cache" })));
  await self.skipWaiting();
}

self.addEventListener("activate", (event) => {
  event.waitUntil(takeOver());
});

async function takeOver() {
  const old = (await caches.keys()).filter((name) => name.startsWith(OURS) && name !== CACHE);
  await Promise.all(old.map((name) => caches.delete(name)));
  await self.clients.claim();
}

self.addEventListener("fetch", (event) => {
  const { origin, pathname } = new URL(event.request.url);
  if (event.request.method !== "GET" || origin !== self.location.origin) return;
  if (event.request.mode === "navigate" && pathname === PAGE) event.respondWith(page(event.request));
  else if (KEPT.files.includes(pathname)) event.respondWith(file(event.request));
});

// Always the server's page where there is one; whatever it is, it is not kept.
async function page(request) {
  const late = new Promise((resolve) => setTimeout(resolve, PATIENCE));
  const asked = fetch(request).then((answer) => (AWAY.has(answer.status) ? undefined : answer), () => undefined);
  return (await Promise.race([asked, late])) ?? keptPage();
}

async function keptPage() {
  const cache = await caches.open(CACHE);
  const chosen = await (await caches.open(SETTINGS)).match("/desk/language");
  const language = (await chosen?.text()) ?? "da";
  return cache.match(KEPT.pages[PAGE][language] ?? KEPT.pages[PAGE].da);
}

async function file(request) {
  const cache = await caches.open(CACHE);
  return (await cache.match(request)) ?? fetch(request);
}
