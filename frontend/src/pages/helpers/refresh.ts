/** Regions that show running work fetch the page again and replace themselves until nothing runs any more. */
const EVERY_MS = 2000;
const REGIONS = '[id][data-refresh-while]';
const waiting = new Set<string>();

export function installRefresh(): void {
  for (const region of document.querySelectorAll(REGIONS)) schedule(region.id);
}

/** Something changed that the server's part of the page should show now. */
export function refreshRegions(): void {
  for (const region of document.querySelectorAll(REGIONS)) void refresh(region.id);
}

function schedule(id: string): void {
  const region = document.getElementById(id);
  const selector = region?.dataset['refreshWhile'];
  if (!region || !selector || !region.querySelector(selector) || waiting.has(id)) return;
  waiting.add(id);
  setTimeout(() => {
    waiting.delete(id);
    void refresh(id);
  }, EVERY_MS);
}

async function refresh(id: string): Promise<void> {
  const current = document.getElementById(id);
  // A person who is typing or pointing inside keeps what they see; the next round tries again.
  if (current && !document.hidden && !current.contains(document.activeElement)) {
    await replace(current).catch(() => undefined);
  }
  schedule(id);
}

async function replace(current: HTMLElement): Promise<void> {
  const answer = await fetch(location.href, { headers: { Accept: 'text/html' } });
  if (!answer.ok) return;
  const page = new DOMParser().parseFromString(await answer.text(), 'text/html');
  const fresh = page.getElementById(current.id);
  if (fresh) current.replaceWith(fresh);
}
