/** Invented reviews for working on the pages without a server. Never shipped. */
import type { Draft, VideoRow, Workbench } from '../src/api/types';
import { stress, TEN_HOURS, WAVEFORM_STEP_MS, type Stress } from './stress';

/** Its id ends in 5. */
export const isStress = (id: number): boolean => id % 10 === 5;

let made: Stress | null = null;
const stressed = (): Stress => (made ??= stress(TEN_HOURS));

const DURATION = Number(process.env['SPOTTER_DEV_DURATION_MS'] ?? 60_000);
const STEP = 250;

const guideline =
  'Mark from the first moment it is seen or heard to the last.\nA single flash, applause or a pan of the camera is not a violation.';

const type = (
  slug: string,
  name: string,
  policy: [string, string],
  modality: 'picture' | 'sound' | 'both',
  colour: string,
  key: string,
  known = true,
) => ({
  slug,
  name,
  policy_slug: policy[0],
  policy_name: policy[1],
  modality,
  severity: 0.7,
  colour,
  key,
  guideline,
  known_to_model: known,
  policy_guideline: '',
});

export const types: Workbench['violation_types'] = [
  type(
    'photosensitive-flashing',
    'Photosensitive flashing',
    ['hazard', 'Hazard'],
    'picture',
    '#d9a400',
    '1',
  ),
  type('gunfire', 'Gunfire', ['violence', 'Violence'], 'both', '#d2503f', '2'),
  type('physical-fight', 'Physical fight', ['violence', 'Violence'], 'picture', '#8d63d2', '3'),
  type('distress-sound', 'Distress sound', ['violence', 'Violence'], 'sound', '#2f8fc4', '4'),
  type('weapon', 'Weapon shown', ['violence', 'Violence'], 'picture', '#4f9d57', '5', false),
];

const LONG_TITLE =
  'Ten hours from a camera at the corner of the night market, street side, recorded without a break – part 3 of 12';

export const firstDraft = (id: number): Draft => ({
  segments: isStress(id) ? stressed().segments : [],
  rejected: [],
  shown: [],
  played: [],
  watched: [],
  active_ms: 0,
  verdict: null,
  notes: '',
  score_threshold: null,
  show_more: false,
});

const hint = (
  id: number,
  violation_type: string,
  start_ms: number,
  end_ms: number,
  score: number,
  rank: number,
  group: number,
  capped = false,
) => ({ id, violation_type, start_ms, end_ms, score, rank, group, capped });

const hints = [
  hint(11, 'physical-fight', 12_250, 18_000, 0.91, 1, 1),
  hint(12, 'distress-sound', 12_500, 17_250, 0.74, 2, 1),
  hint(13, 'gunfire', 31_000, 34_500, 0.69, 3, 2),
  hint(14, 'photosensitive-flashing', 45_250, 49_000, 0.58, 4, 3),
  hint(15, 'physical-fight', 52_000, 54_000, 0.41, 5, 4, true),
];

export function curves(id: number): Buffer {
  if (isStress(id)) return Buffer.from(stressed().curves);
  const count = Math.ceil(DURATION / STEP);
  const parts = types
    .filter((each) => each.known_to_model)
    .flatMap((each) => {
      const own = hints.filter((one) => one.violation_type === each.slug);
      const at = (step: number) => {
        const ms = step * STEP;
        const noise =
          0.06 + 0.04 * Math.sin(step * 0.7 + each.key.charCodeAt(0)) + 0.03 * Math.sin(step * 2.3);
        const bumps = own.map(
          (one) =>
            one.score / (1 + Math.exp(-(Math.min(ms - one.start_ms, one.end_ms - ms) + 500) / 350)),
        );
        return Math.min(1, Math.max(noise, ...bumps));
      };
      const score = Array.from({ length: count }, (_, step) => at(step));
      const bytes = (map: (value: number) => number) =>
        Buffer.from(score.map((value) => Math.round(255 * Math.min(1, Math.max(0, map(value))))));
      return [bytes((v) => v), bytes((v) => v * 0.78 - 0.02), bytes((v) => v * 1.12 + 0.04)];
    });
  return Buffer.concat(parts);
}

export function waveform(id: number): Buffer {
  if (isStress(id)) return Buffer.from(stressed().waveform);
  return Buffer.from(
    Array.from({ length: DURATION / 100 }, (_, at) =>
      Math.round(
        60 + 50 * Math.sin(at / 9) * Math.sin(at / 31) + 60 * Math.abs(Math.sin(at * 1.7)),
      ),
    ),
  );
}

export function workbench(id: number, draft: Draft, version: number): Workbench {
  const plain = ordinary(id, draft, version);
  return isStress(id) ? withStress(plain) : plain;
}

function withStress(plain: Workbench): Workbench {
  const { size, types: kinds, hints: proposed, waveform: sound } = stressed();
  const slugs = kinds.map((each) => each.slug);
  const count = Math.ceil(size.duration_ms / size.step_ms);
  const { video, submission, curves: drawn } = plain;
  const wave = video.waveform && { ...video.waveform, step_ms: WAVEFORM_STEP_MS };
  return {
    ...plain,
    submission: { ...submission, title: LONG_TITLE },
    video: {
      ...video,
      duration_ms: size.duration_ms,
      waveform: wave && { ...wave, count: sound.length },
    },
    violation_types: kinds,
    curves: drawn && { ...drawn, step_ms: size.step_ms, count, types: slugs, bands: slugs },
    thresholds: Object.fromEntries(slugs.map((slug) => [slug, 0.5])),
    hints: proposed,
  };
}

function ordinary(id: number, draft: Draft, version: number): Workbench {
  const arm = id % 10 === 1 ? 'blind' : id % 10 === 2 ? 'level1' : 'level2';
  const hintless =
    id % 10 === 3
      ? {
          code: 'no_bundle' as const,
          sentence:
            'No model has been trained yet, so this video is reviewed without curves and hints.',
        }
      : null;
  const readOnly = id % 10 === 4;
  const seen = arm !== 'blind' && !hintless;
  return {
    id,
    state: readOnly ? 'submitted' : 'leased',
    arm,
    hintless,
    lease: {
      token: id,
      expires_at: new Date(Date.now() + 900_000).toISOString(),
      seconds: 900,
    },
    draft_version: version,
    draft,
    read_only: readOnly,
    can_reopen: readOnly,
    escalations: [],
    is_adjudication: false,
    verdict: null,
    queue: { id: 1, name: 'General queue' },
    task_id: id,
    submission: {
      id: 'b5c6',
      title: 'Street market at night, two people and a “drum” 🥁',
      description:
        'Uploaded from a phone. Crowd at a stall, later fireworks are visible behind the roofs.',
      uploader: 'nightwalker',
      source: 'phone-upload',
      metadata: { language: 'en' },
      is_demo: true,
      created_at: '2026-11-20T10:00:00Z',
    },
    video: {
      sha256: 'abc',
      duration_ms: DURATION,
      width: 640,
      height: 360,
      average_fps: 25,
      has_picture: true,
      has_sound: true,
      media_url: `/media/reviews/${id}/video`,
      thumbnails: null,
      waveform: { url: `/media/reviews/${id}/waveform`, step_ms: 100, count: DURATION / 100 },
      frames: null,
      cuts: null,
      damage: '',
    },
    violation_types: types,
    curves: seen
      ? {
          url: `/api/reviews/${id}/curves`,
          step_ms: STEP,
          count: Math.ceil(DURATION / STEP),
          types: types.filter((each) => each.known_to_model).map((each) => each.slug),
          bands: types.filter((each) => each.known_to_model).map((each) => each.slug),
        }
      : null,
    thresholds: seen ? Object.fromEntries(types.map((each) => [each.slug, 0.5])) : {},
    hints: arm === 'level2' && seen ? hints : [],
    bundle: seen ? { id: 3, name: 'bundle-3', tier: 'embedded' } : null,
  };
}

export function videos(round: number): VideoRow[] {
  const progress = Math.min(1, round * 0.08);
  const analysis = (
    id: number,
    state: 'done' | 'running' | 'failed' | 'refused' | 'queued',
    stage = '',
    done = 1,
    sentence = '',
  ) => ({ id, state, stage, progress: done, sentence, attempts: 1 });
  const row = (sha256: string, title: string, one: ReturnType<typeof analysis> | null) =>
    ({
      id: sha256,
      sha256,
      title,
      duration_ms: 42_000,
      created_at: '2026-11-21T09:00:00Z',
      is_demo: false,
      analysis: one,
    }) as unknown as VideoRow;
  return [
    row(
      'a1',
      'Street market at night',
      progress < 1 ? analysis(1, 'running', 'features', progress) : analysis(1, 'done'),
    ),
    row(
      'a2',
      'holiday.txt renamed.mp4',
      analysis(
        2,
        'refused',
        'probe',
        0,
        'This file is not a video: it holds plain text. Upload the original file.',
      ),
    ),
    row(
      'a3',
      'Concert',
      analysis(
        3,
        'failed',
        'features',
        0.4,
        'The analysis ran out of memory. Try again; if it fails again, tell an administrator.',
      ),
    ),
    row('a4', 'Playground', analysis(4, 'done')),
  ];
}
