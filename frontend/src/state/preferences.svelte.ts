/** What a person likes, remembered in this browser: how gentle the picture is, how loud, how fast. */
import { SPEEDS, type Playback } from './playback.svelte';

interface Liked {
  muted: boolean;
  blurred: boolean;
  greyscale: boolean;
  speed: number;
}

const KEY = 'spotter-preferences';

export function applyPreferences(playback: Playback, shelf: Pick<Storage, 'getItem'>): void {
  const liked = read(shelf);
  playback.muted = liked.muted ?? false;
  playback.blurred = liked.blurred ?? false;
  playback.greyscale = liked.greyscale ?? false;
  playback.speed = SPEEDS.find((speed) => speed === liked.speed) ?? 1;
}

export function rememberPreferences(playback: Playback, shelf: Pick<Storage, 'setItem'>): void {
  const { muted, blurred, greyscale, speed } = playback;
  try {
    shelf.setItem(KEY, JSON.stringify({ muted, blurred, greyscale, speed } satisfies Liked));
  } catch {
    // A browser that keeps nothing still reviews.
  }
}

function read(shelf: Pick<Storage, 'getItem'>): Partial<Liked> {
  try {
    return (JSON.parse(shelf.getItem(KEY) ?? '{}') ?? {}) as Partial<Liked>;
  } catch {
    return {};
  }
}
