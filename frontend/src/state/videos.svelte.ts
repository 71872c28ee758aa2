/** Videos whose analysis is under way: asked for every second and a half while anything runs, and not at all when nothing does. */
import type { SubmissionMade, VideoRow } from '../api/types';
import { backoffMs } from '../core/backoff';

export interface VideosPorts {
  fetch: () => Promise<VideoRow[]>;
  retry: (analysis_id: number) => Promise<unknown>;
  /** Nothing runs any more: whoever shows finished videos may look again. */
  onSettled: () => void;
}

export interface Arrival {
  tone: 'ok' | 'info' | 'warn' | 'danger';
  words: string;
  sentence: string;
  /** The analysis that can be tried again. */
  retry: number | null;
}

const FINE: Arrival = { tone: 'ok', words: '', sentence: '', retry: null };
const UNKNOWN = { stage: '', sentence: '' };
/** Stages before which nothing is known of the file. */
const LOOKING = ['', 'probe'];

const EVERY_MS = 1500;
const IN_SIGHT = 8;

export const isRunning = (row: VideoRow): boolean =>
  row.analysis?.state === 'queued' || row.analysis?.state === 'running';

export class Videos {
  rows = $state.raw<VideoRow[]>([]);
  loaded = $state(false);
  problem = $state('');
  private timer: ReturnType<typeof setTimeout> | null = null;
  private failures = 0;
  private wasRunning = false;

  constructor(private readonly ports: VideosPorts) {}

  /**
   * What runs, then what is next: the rows come newest first, the worker takes the oldest.
   * Everything that is finished, one way or the other, is in the page's own table.
   */
  get running(): VideoRow[] {
    const open = this.rows.filter(isRunning).reverse();
    const worked = (row: VideoRow) => row.analysis?.state === 'running';
    return [...open.filter(worked), ...open.filter((row) => !worked(row))];
  }

  /** The running ones that fit without pushing the page's own table out of sight. */
  get inSight(): VideoRow[] {
    return this.running.slice(0, IN_SIGHT);
  }

  /** What became of an upload: nobody knows that it is a video before it was looked into. */
  arrival(made: SubmissionMade): Arrival {
    const analysis = this.rows.find((row) => row.id === made.id)?.analysis;
    const { state, stage, sentence } = analysis ?? { ...UNKNOWN, state: made.analysis_state };
    const retry = analysis?.id ?? null;
    if (state === 'refused') return { tone: 'warn', words: 'Refused', sentence, retry: null };
    if (state === 'failed') return { tone: 'danger', words: 'Not analysed', sentence, retry };
    const looking = state === 'queued' || (state === 'running' && LOOKING.includes(stage));
    if (looking) return { ...FINE, tone: 'info', words: 'Received, being checked' };
    return { ...FINE, words: made.known_video ? 'Received: a known video' : 'Received' };
  }

  async refresh(): Promise<void> {
    this.stop();
    try {
      this.rows = await this.ports.fetch();
      this.problem = '';
      this.failures = 0;
    } catch {
      this.failures += 1;
      this.problem = 'The list cannot be brought up to date just now; trying again.';
    }
    this.loaded = true;
    this.goOn();
  }

  async retry(analysis_id: number): Promise<void> {
    await this.ports.retry(analysis_id).catch(() => {
      this.problem = 'That could not be started again. Try once more in a moment.';
    });
    await this.refresh();
  }

  stop(): void {
    if (this.timer !== null) clearTimeout(this.timer);
    this.timer = null;
  }

  private goOn(): void {
    const running = this.rows.some(isRunning);
    if (this.wasRunning && !running) this.ports.onSettled();
    this.wasRunning = running;
    if (!running && this.failures === 0) return;
    const wait = this.failures > 0 ? backoffMs(this.failures + 1) : EVERY_MS;
    this.timer = setTimeout(() => void this.refresh(), wait);
  }
}
