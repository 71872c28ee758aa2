/** Files on their way to the server: a few at a time, each with its own progress, failure and second try. */
import { Problem } from '../api/problem';
import type { SubmissionMade } from '../api/types';
import type { Upload } from '../api/upload';
import { formatBytes } from '../core/format';

/** `refused` here, before anything was sent; `failed` on the way. */
export type UploadState = 'ready' | 'sending' | 'done' | 'failed' | 'refused';

export type Send = (
  file: File,
  fields: Record<string, string>,
  onProgress: (share: number) => void,
) => Upload;

/** More at once would only share the same line. */
const AT_ONCE = 2;

export class UploadRow {
  title = $state('');
  state = $state<UploadState>('ready');
  progress = $state(0);
  sentence = $state('');
  made = $state.raw<SubmissionMade | null>(null);
  upload: Upload | null = null;

  constructor(
    readonly id: number,
    readonly file: File,
  ) {
    this.title = titleOf(file.name);
  }
}

/** "my_holiday-clip.mp4" -> "my holiday clip": a title to start from. */
export const titleOf = (name: string): string =>
  name
    .replace(/\.[^.]{1,5}$/, '')
    .replace(/[_\s]+/g, ' ')
    .trim() || name;

export class Uploads {
  rows = $state.raw<UploadRow[]>([]);
  private count = 0;

  constructor(
    private readonly send: Send,
    private readonly onDone: () => void,
    private readonly most_bytes: number = Infinity,
  ) {}

  get sending(): boolean {
    return this.rows.some((row) => row.state === 'sending');
  }

  add(files: Iterable<File>): void {
    const fresh = [...files].map((file) => new UploadRow((this.count += 1), file));
    for (const row of fresh) this.check(row);
    this.rows = [...this.rows, ...fresh];
  }

  /** What the server would refuse for its size need not travel there first. */
  private check(row: UploadRow): void {
    const { size } = row.file;
    if (size === 0)
      row.sentence = 'The file is empty. Choose the video file itself and send it again.';
    if (size > this.most_bytes) {
      row.sentence = `This file has ${formatBytes(size)}; at most ${formatBytes(this.most_bytes)} can be sent.`;
    }
    if (row.sentence) row.state = 'refused';
  }

  remove(row: UploadRow): void {
    row.upload?.abort();
    this.rows = this.rows.filter((each) => each !== row);
    this.pump();
  }

  /** Sends everything that is ready; failed rows only on their own button. */
  start(fields: Record<string, string>): void {
    this.fields = fields;
    this.started = true;
    this.pump();
  }

  retry(row: UploadRow): void {
    row.state = 'ready';
    row.sentence = '';
    this.started = true;
    this.pump();
  }

  clearDone(): void {
    this.rows = this.rows.filter((row) => row.state !== 'done');
  }

  private fields: Record<string, string> = {};
  private started = false;

  private pump(): void {
    if (!this.started) return;
    const sending = this.rows.filter((row) => row.state === 'sending').length;
    const ready = this.rows.filter((row) => row.state === 'ready');
    if (ready.length === 0 && sending === 0) this.started = false;
    for (const row of ready.slice(0, AT_ONCE - sending)) void this.run(row);
  }

  private async run(row: UploadRow): Promise<void> {
    row.state = 'sending';
    row.progress = 0;
    row.upload = this.send(row.file, { ...this.fields, title: row.title }, (share) => {
      row.progress = share;
    });
    try {
      row.made = await row.upload.done;
      row.state = 'done';
      this.onDone();
    } catch (error) {
      row.state = 'failed';
      row.sentence = error instanceof Problem ? error.message : 'This file could not be sent.';
    }
    this.pump();
  }
}
