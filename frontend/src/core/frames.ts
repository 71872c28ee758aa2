/**
 * Stepping by one real frame. A file's frame rate is an average and often a lie, so each step looks at which frame
 * is really shown (its own time stamp) and corrects itself: further on when it is still the old one, back when one was passed.
 */

/** Shows the frame at this time and answers with that frame's own time; null when the player cannot tell. */
export type Show = (ms: number) => Promise<number | null>;

export interface Film {
  /** Average length of a frame. */
  frame_ms: number;
  duration_ms: number;
  show: Show;
}

/** Frames differ by more than this; time stamps of one frame by less. */
const SAME_MS = 0.5;
/** No frame is shorter: a gap that is wider may hide one. */
const SHORTEST_MS = 8;
const MOST_LOOKS = 8;

/**
 * Where to seek so that the frame at an edge is the one shown. An edge is a frame's time in whole milliseconds, which is
 * often a little before that frame begins: there the one before it would still be shown.
 */
export const edgeTarget = (edge_ms: number, frame_ms: number): number => edge_ms + frame_ms / 2;

export const stepFrame = (direction: number, from_ms: number, film: Film): Promise<number> =>
  direction > 0 ? stepForward(from_ms, film) : stepBack(from_ms, film);

/** As far as the average says: the rate is constant here, and nothing lies between. */
const isRegular = (gap_ms: number, { frame_ms }: Film): boolean =>
  Math.abs(gap_ms - frame_ms) < frame_ms * 0.02;

async function stepForward(from_ms: number, film: Film): Promise<number> {
  const { frame_ms, duration_ms, show } = film;
  let before = from_ms;
  let reach = frame_ms * 1.5;
  for (let look = 0; look < MOST_LOOKS && before < duration_ms; look += 1) {
    const aim = Math.min(from_ms + reach, duration_ms);
    const landed = await show(aim);
    if (landed === null) return aim;
    if (landed > from_ms + SAME_MS) return between(before, landed, from_ms, film);
    before = aim;
    reach *= 2;
  }
  return from_ms;
}

/** The first frame after the old one, somewhere between a time that still shows the old one and a later frame. */
async function between(
  before: number,
  found: number,
  from_ms: number,
  film: Film,
): Promise<number> {
  let low = before;
  let high = found;
  let shown = found;
  if (isRegular(found - from_ms, film)) return found;
  for (let look = 0; look < MOST_LOOKS && high - low > SHORTEST_MS; look += 1) {
    const aim = (low + high) / 2;
    shown = (await film.show(aim)) ?? high;
    if (shown > from_ms + SAME_MS) high = shown;
    else low = aim;
  }
  // The last look may have been at the old frame again.
  if (shown !== high) await film.show(high + 2);
  return high;
}

async function stepBack(from_ms: number, film: Film): Promise<number> {
  const { frame_ms, show } = film;
  let aim = from_ms;
  for (let look = 0; look < MOST_LOOKS && aim > 0; look += 1) {
    aim = Math.max(0, aim - frame_ms / 2);
    const landed = await show(aim);
    if (landed === null) return aim;
    if (landed < from_ms - SAME_MS) return nearer(aim, landed, from_ms, film);
  }
  return from_ms;
}

/** Where frames are shorter than the average, a later one still lies before the old one. */
async function nearer(seen: number, found: number, from_ms: number, film: Film): Promise<number> {
  if (isRegular(from_ms - found, film)) return found;
  let low = seen;
  let best = found;
  let shown = found;
  for (let look = 0; look < MOST_LOOKS && from_ms - low > SHORTEST_MS; look += 1) {
    const aim = (low + from_ms) / 2;
    shown = (await film.show(aim)) ?? from_ms;
    if (shown >= from_ms - SAME_MS) break;
    best = shown;
    low = aim;
  }
  if (shown !== best) await film.show(best + 2);
  return best;
}
