/** Videos whose analysis is under way: asked for every second and a half while anything runs, and not at all when nothing does. */
import type { VideoRow } from '../api/types';
import { backoffMs } from '../core/backoff';

export interface VideosPorts {
  fetch: () => Promise<VideoRow[]>;
  retry: (analysis_id: number) => Promise<unknown>;
  /** Nothing runs any more: whoever shows finished videos may look again. */
  onSettled: () => void;
}

const EVERY_MS = 1500;

export const isRunning = (row: VideoRow): boolean =>
  row.analysis?.state === 'queued' || row.analysis?.state === 'running';

export class Videos {
  rows = $state.raw<VideoRow[]>([]);
  loaded = $state(false);
  problem = $state('');
  /** Submissions made on this page stay listed when they are done. */
  mine = $state.raw<string[]>([]);
  private timer: ReturnType<typeof setTimeout> | null = null;
  private failures = 0;
  private wasRunning = false;

  constructor(private readonly ports: VideosPorts) {}

  /** What deserves attention here; everything finished earlier is in the page's own table. */
  get notable(): VideoRow[] {
    return this.rows.filter((row) => isRunning(row) || this.mine.includes(row.id));
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
