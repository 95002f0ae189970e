// Where a page of scans stands, and that it opens without a server.

import { keep, setting } from "./queue.js";

const SETTINGS = "faelles-settings";

// A page that came from the server knows municipality and branch; one out of the browser's own store was told before.
export async function standingOf(form) {
  const { agency, branch, agent, kept } = form.dataset;
  const known = (await setting("desk")) ?? {};
  if (kept !== undefined) return known;
  const here = { ...known, agency, branch, agent: agent ?? known.agent };
  keep("desk", here);
  return here;
}

export async function keepForLater(form, scope) {
  const { worker } = form.dataset;
  if (!worker || !("serviceWorker" in navigator)) return;
  await navigator.serviceWorker.register(worker, { scope });
  const settings = await caches.open(SETTINGS);
  await settings.put("/desk/language", new Response(document.documentElement.lang));
  await navigator.storage?.persist?.();
}
