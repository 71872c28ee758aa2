/** A small review for the tests of this room. */
import type { Draft, Workbench } from '../api/types';
import { Preferences, type Chosen } from './preferences.svelte';
import { Session, type SessionPorts } from './session.svelte';

export const emptyDraft = (): Draft => ({
  segments: [],
  rejected: [],
  shown: [],
  played: [],
  watched: [],
  active_ms: 0,
  verdict: null,
  escalation_reason: null,
  notes: '',
  score_threshold: null,
  show_more: false,
});

const type = (slug: string, key: string) => ({
  slug,
  key,
  name: slug,
  policy_slug: 'violence',
  policy_name: 'Violence',
  modality: 'picture' as const,
  severity: 0.5,
  colour: '#cc3333',
  guideline: '',
  policy_guideline: '',
  known_to_model: true,
});

export const hint = (
  id: number,
  start_ms: number,
  more: Partial<Workbench['hints'][number]> = {},
): Workbench['hints'][number] => ({
  id,
  violation_type: 'fight',
  start_ms,
  end_ms: start_ms + 2000,
  score: 0.8,
  rank: id,
  group: id,
  capped: false,
  ...more,
});

const video = (): Workbench['video'] => ({
  sha256: 'a',
  duration_ms: 60_000,
  width: 640,
  height: 360,
  average_fps: 25,
  has_picture: true,
  has_sound: true,
  media_url: '/v',
  thumbnails: null,
  waveform: null,
  frames: null,
  cuts: null,
  damage: '',
});

export const workbench = (more: Partial<Workbench> = {}): Workbench => ({
  id: 7,
  state: 'leased',
  arm: 'level2',
  hintless: null,
  lease: { token: 3, expires_at: '2026-11-21T10:10:00Z', seconds: 600 },
  draft_version: 0,
  draft: emptyDraft(),
  verdict: null,
  read_only: false,
  can_reopen: false,
  is_adjudication: false,
  escalations: [],
  queue: { id: 1, name: 'General' },
  task_id: 5,
  submission: {
    id: 'a',
    title: 'T',
    description: '',
    uploader: '',
    source: '',
    metadata: {},
    is_demo: false,
    created_at: '2026-11-21T09:00:00Z',
  },
  video: video(),
  violation_types: [type('fight', '1'), type('gunfire', '2')],
  curves: { url: '/c', step_ms: 250, count: 240, types: ['fight'], bands: [] },
  thresholds: { fight: 0.5 },
  hints: [hint(1, 5000), hint(2, 20_000), hint(3, 40_000, { capped: true })],
  bundle: null,
  ...more,
});

/** localStorage without a browser. */
export class MemoryShelf {
  readonly kept = new Map<string, string>();
  get length(): number {
    return this.kept.size;
  }
  key = (index: number): string | null => [...this.kept.keys()][index] ?? null;
  getItem = (key: string): string | null => this.kept.get(key) ?? null;
  setItem = (key: string, value: string): void => void this.kept.set(key, value);
  removeItem = (key: string): void => void this.kept.delete(key);
}

export const makePreferences = (own: Chosen = {}, defaults: Chosen = {}): Preferences =>
  new Preferences(
    { own, defaults },
    { save: () => Promise.resolve({ own, defaults }), shelf: new MemoryShelf() },
  );

export function makeSession(
  more: Partial<Workbench> = {},
  ports: Partial<SessionPorts> = {},
): Session {
  let count = 0;
  return new Session(workbench(more), 60_000, {
    save: (_token, version) =>
      Promise.resolve({ version: version + 1, lease_expires_at: '2026-11-21T10:20:00Z' }),
    renew: (lease_token) =>
      Promise.resolve({ lease_token, lease_expires_at: '2026-11-21T10:20:00Z' }),
    shelf: new MemoryShelf(),
    newId: () => `s${(count += 1)}`,
    now: () => Date.now(),
    preferences: makePreferences(),
    ...ports,
  });
}
