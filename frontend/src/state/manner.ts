/** How a video starts: as gently as the person's choice asks, and no less gently than the one before it was left. */
import type { Shelf } from './shelf';
import { SPEEDS, type Playback } from './playback.svelte';
import type { Preferences } from './preferences.svelte';

type Keeper = Pick<Shelf, 'getItem' | 'setItem' | 'removeItem'>;

const GENTLE = ['muted', 'blurred', 'greyscale'] as const;
type Manner = Record<(typeof GENTLE)[number], boolean>;

const LAST = 'spotter-manner';
/** Where this browser remembered everything before people's choices moved to the server. */
const BEFORE = 'spotter-preferences';

export function startGently(playback: Playback, preferences: Preferences, shelf: Keeper): void {
  const last = read(shelf, LAST);
  for (const each of GENTLE) playback[each] = preferences[each] || last[each] === true;
  playback.speed = SPEEDS.find((speed) => speed === preferences.speed) ?? 1;
}

/** What a key switched on goes on with the next video; what it switched off counts for this one. */
export function keepManner({ muted, blurred, greyscale }: Playback, shelf: Keeper): void {
  try {
    shelf.setItem(LAST, JSON.stringify({ muted, blurred, greyscale } satisfies Manner));
  } catch {
    // A browser that keeps nothing still reviews.
  }
}

/** Once, after the upgrade: a person finds everything as they left it, now on every computer. */
export function takeOver(preferences: Preferences, shelf: Keeper): void {
  const before = read(shelf, BEFORE);
  const chosen = GENTLE.filter((each) => before[each] === true && !preferences.isOwn(each));
  for (const each of chosen) preferences.set({ [each]: true });
  const speed = SPEEDS.find((each) => each === before['speed']);
  if (speed && speed !== 1 && !preferences.isOwn('speed')) preferences.set({ speed });
  try {
    shelf.removeItem(BEFORE);
  } catch {
    // Nothing to take over where nothing may be kept.
  }
}

function read(shelf: Keeper, key: string): Record<string, unknown> {
  try {
    return (JSON.parse(shelf.getItem(key) ?? '{}') ?? {}) as Record<string, unknown>;
  } catch {
    return {};
  }
}
