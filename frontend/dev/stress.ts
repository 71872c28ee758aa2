/** A review at the size the workbench promises to carry: ten hours, twenty lanes with band. Pure, and the same for the same seed. */
import type { Draft, Workbench } from '../src/api/types';

type Hint = Workbench['hints'][number];
type Kind = Workbench['violation_types'][number];
type Segment = Draft['segments'][number];

export interface StressSize {
  seed: number;
  duration_ms: number;
  /** One score each; 4 Hz is 250. */
  step_ms: number;
  types: number;
  segments: number;
  hints: number;
}

export interface Stress {
  size: StressSize;
  types: Kind[];
  hints: Hint[];
  segments: Segment[];
  /** Type by type: scores, then the band's low and high edge. */
  curves: Uint8Array;
  waveform: Uint8Array;
}

export const TEN_HOURS: StressSize = {
  seed: 5,
  duration_ms: 10 * 3_600_000,
  step_ms: 250,
  types: 20,
  segments: 2000,
  hints: 500,
};

export const WAVEFORM_STEP_MS = 100;

/** A gap between things of one type, so that neighbours stay neighbours. */
const GAP_MS = 1500;

export function stress(size: StressSize): Stress {
  const random = mulberry32(size.seed);
  const types = typesOf(size.types);
  const hints = hintsOf(random, size, types);
  return {
    size,
    types,
    hints,
    segments: segmentsOf(random, size, types, hints),
    curves: curvesOf(random, size, types, hints),
    waveform: waveformOf(random, size),
  };
}

type Random = () => number;

function mulberry32(seed: number): Random {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}

/** Around 0, within about -2 and 2. */
const bell = (random: Random): number => (random() + random() + random() + random() - 2) * 1.7;

const pick = <T>(random: Random, from: readonly T[]): T =>
  from[Math.floor(random() * from.length)] as T;

const POLICIES = [
  ['violence', 'Violence and graphic harm to people or animals'],
  ['hazard', 'Hazards to the viewer'],
  ['regulated', 'Regulated goods, weapons and dangerous substances'],
  ['hate', 'Hateful conduct, symbols and organisations'],
  ['minors', 'Safety of minors and vulnerable people'],
] as const;

const NAMES = [
  'Physical fight between two or more people, with or without weapons',
  'Gunfire',
  'Photosensitive flashing and rapidly alternating saturated patterns',
  'Distress sound',
  'Weapon shown',
  'Blood or open wound, close up, not clearly staged or medical',
  'Explosion',
  'Vehicle collision with people close by',
  'Dangerous stunt that invites imitation',
  'Fire set on purpose',
  'Drug use',
  'Sale of tobacco, vapes or alcohol aimed at young people',
  'Hate symbol',
  'Hateful chant',
  'Crowd panic',
  'Unattended child near water, a road or a height',
  'Cruelty to an animal',
  'Threatening gesture',
  'Siren or alarm played to startle',
  'Nudity',
] as const;

const COLOURS = [
  '#d2503f',
  '#d9a400',
  '#2f8fc4',
  '#8d63d2',
  '#4f9d57',
  '#c4577f',
  '#3f9a94',
  '#a9742f',
  '#6a7fd0',
  '#8a8f2a',
] as const;

function typesOf(count: number): Kind[] {
  return Array.from({ length: count }, (_, at) => {
    const [policy_slug, policy_name] = POLICIES[at % POLICIES.length] ?? POLICIES[0];
    return {
      slug: `stress-${at + 1}`,
      name: NAMES[at % NAMES.length] ?? '',
      policy_slug,
      policy_name,
      modality: (['picture', 'sound', 'both'] as const)[at % 3] ?? 'both',
      severity: 0.3 + ((at * 7) % 10) / 14,
      colour: COLOURS[at % COLOURS.length] ?? '#888888',
      key: at < 9 ? String(at + 1) : '',
      guideline: 'Mark from the first moment it is seen or heard to the last.\n'.repeat(4),
      known_to_model: true,
      policy_guideline: 'What the whole policy is for.',
    };
  });
}

/** Things happen in bouts, most of one or two types; now and then one type coincides with another. */
function hintsOf(random: Random, size: StressSize, types: Kind[]): Hint[] {
  const bouts = Array.from({ length: Math.max(1, Math.round(size.hints / 9)) }, () => ({
    at: random() * size.duration_ms,
    types: [pick(random, types), pick(random, types), pick(random, types)],
  }));
  const busy = new Busy(size.duration_ms);
  const found: Hint[] = [];
  for (let group = 1; found.length < size.hints; group += 1) {
    const bout = pick(random, bouts);
    const length = Math.round(800 + 9000 * random() ** 3 + 25_000 * random() ** 12);
    const start = Math.round(bout.at + bell(random) * 70_000);
    const score = 0.28 + 0.68 * random();
    for (const [nth, type] of twinsOf(random, bout.types).entries()) {
      const from = start + Math.round(nth * bell(random) * 300);
      if (found.length === size.hints || !busy.take(type.slug, from, from + length)) continue;
      found.push(hint(type.slug, from, from + length, Math.max(0.2, score - nth * 0.08), group));
    }
  }
  return ranked(found);
}

const twinsOf = (random: Random, types: Kind[]): Kind[] => {
  const [first, other] = [pick(random, types), pick(random, types)];
  return random() < 0.2 && first !== other ? [first, other] : [first];
};

const hint = (
  violation_type: string,
  start_ms: number,
  end_ms: number,
  score: number,
  group: number,
): Hint => ({ id: 0, violation_type, start_ms, end_ms, score, rank: 0, group, capped: false });

/** The best first; the weakest sixth lies behind "show more". */
function ranked(hints: Hint[]): Hint[] {
  const sorted = hints.toSorted((a, b) => b.score - a.score);
  return sorted.map((each, at) => ({
    ...each,
    id: at + 1,
    rank: at + 1,
    score: Math.round(each.score * 1000) / 1000,
    capped: at >= (sorted.length * 5) / 6,
  }));
}

/** Where each type has something already. */
class Busy {
  private readonly taken = new Map<string, [number, number][]>();

  constructor(private readonly duration_ms: number) {}

  take(slug: string, start_ms: number, end_ms: number): boolean {
    const own = this.taken.get(slug) ?? [];
    const free = own.every(([from, to]) => end_ms + GAP_MS <= from || to + GAP_MS <= start_ms);
    if (start_ms < 0 || end_ms > this.duration_ms || !free) return false;
    this.taken.set(slug, [...own, [start_ms, end_ms]]);
    return true;
  }
}

/** Every third strong hint was accepted already; the rest was marked by hand, over the whole video and clear of open hints. */
function segmentsOf(random: Random, size: StressSize, types: Kind[], hints: Hint[]): Segment[] {
  const busy = new Busy(size.duration_ms);
  for (const each of hints) busy.take(each.violation_type, each.start_ms, each.end_ms);
  const accepted = hints
    .filter((each, at) => !each.capped && at % 3 === 0)
    .slice(0, size.segments)
    .map((each) => ({ ...boundsOf(each), origin: 'hint' as const, hint_ids: [each.id] }));
  const byHand: Omit<Segment, 'id'>[] = [];
  while (accepted.length + byHand.length < size.segments) {
    const violation_type = pick(random, types).slug;
    const start_ms = Math.round(random() * size.duration_ms);
    const end_ms = start_ms + Math.round(500 + 14_000 * random() ** 2);
    if (busy.take(violation_type, start_ms, end_ms))
      byHand.push({ violation_type, start_ms, end_ms, origin: 'human', hint_ids: [] });
  }
  return [...accepted, ...byHand]
    .sort((a, b) => a.start_ms - b.start_ms || a.end_ms - b.end_ms)
    .map((each, at) => ({ id: uuid(at), ...each }));
}

const boundsOf = ({ violation_type, start_ms, end_ms }: Hint) => ({
  violation_type,
  start_ms,
  end_ms,
});

const uuid = (at: number): string => `57e55000-0000-4000-a000-${String(at).padStart(12, '0')}`;

/** A restless floor with a bump for each hint, as high as its score; the band is wider where the score is in the middle. */
function curvesOf(random: Random, size: StressSize, types: Kind[], hints: Hint[]): Uint8Array {
  const count = Math.ceil(size.duration_ms / size.step_ms);
  const out = new Uint8Array(count * types.length * 3);
  types.forEach((type, nth) => {
    const score = floorOf(random, count);
    for (const each of hints)
      if (each.violation_type === type.slug) bump(score, each, size.step_ms);
    writeBand(out, score, nth * count * 3);
  });
  return out;
}

function floorOf(random: Random, count: number): Float32Array {
  const score = new Float32Array(count);
  let drift = 0.08;
  for (let at = 0; at < count; at += 1) {
    drift += (0.07 - drift) * 0.004 + (random() - 0.5) * 0.012;
    score[at] = Math.max(0.005, drift) + random() * 0.03;
  }
  return score;
}

function bump(score: Float32Array, { start_ms, end_ms, score: top }: Hint, step_ms: number): void {
  const reach = 2500;
  const first = Math.max(0, Math.floor((start_ms - reach) / step_ms));
  const last = Math.min(score.length - 1, Math.ceil((end_ms + reach) / step_ms));
  for (let at = first; at <= last; at += 1) {
    const inside = Math.min(at * step_ms - start_ms, end_ms - at * step_ms) + 500;
    score[at] = Math.max(score[at] ?? 0, top / (1 + Math.exp(-inside / 350)));
  }
}

function writeBand(out: Uint8Array, score: Float32Array, from: number): void {
  const count = score.length;
  for (let at = 0; at < count; at += 1) {
    const value = Math.min(1, score[at] ?? 0);
    const spread = 0.02 + 0.45 * value * (1 - value);
    out[from + at] = Math.round(255 * value);
    out[from + count + at] = Math.round(255 * Math.max(0, value - spread));
    out[from + 2 * count + at] = Math.round(255 * Math.min(1, value + spread));
  }
}

function waveformOf(random: Random, { duration_ms }: StressSize): Uint8Array {
  const out = new Uint8Array(Math.ceil(duration_ms / WAVEFORM_STEP_MS));
  for (let at = 0; at < out.length; at += 1) {
    const mood = 0.5 + 0.5 * Math.sin(at / 900) * Math.sin(at / 211);
    out[at] = Math.round(20 + 200 * mood * random());
  }
  return out;
}
