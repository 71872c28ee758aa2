/** What of the next review is fetched while this one is in work, so that it is on the screen the moment it is opened. */
import { fetchBytes, fetchPacked, fetchReview } from '../../api/client';
import type { Workbench } from '../../api/types';
import { buildPyramid, type Pyramid } from '../../core/curve';

interface Connection {
  saveData?: boolean;
  effectiveType?: string;
}

/** Here every byte of the next video would be missing from this one. */
function isThin(): boolean {
  const { connection } = navigator as Navigator & { connection?: Connection };
  return connection?.saveData === true || /2g/.test(connection?.effectiveType ?? '');
}

type Ask = (url: string) => Promise<ArrayBuffer>;
export type BytesOf = (url: string, ask?: Ask) => Promise<ArrayBuffer>;

export const bytesOf = (ahead: Ahead | null): BytesOf =>
  ahead ? ahead.fetch : (url, ask = fetchBytes) => ask(url);

export class Ahead {
  readonly workbench: Promise<Workbench>;
  /** Becomes the player's own element: it keeps what it has loaded. */
  video: HTMLVideoElement | null = null;
  private readonly bytes = new Map<string, Promise<ArrayBuffer>>();
  private picture: HTMLImageElement | null = null;
  private known: Workbench | null = null;
  private dropped = false;

  constructor(review_id: number) {
    this.workbench = fetchReview(review_id);
    void this.small().catch(() => undefined);
  }

  /** Whether or not it was asked for ahead. */
  fetch: BytesOf = (url, ask = fetchBytes) => {
    const asked = this.bytes.get(url) ?? ask(url);
    this.bytes.set(url, asked);
    // What failed ahead of time may be asked for again.
    asked.catch(() => this.bytes.delete(url));
    return asked;
  };

  /** The video comes last, and goes again when the one being watched begins to want for it. */
  tend(room: boolean): void {
    if (!this.known || this.dropped || isThin()) return;
    if (room && !this.video) this.video = loading(this.known.video.media_url);
    else if (!room && this.video && this.video.readyState < HTMLMediaElement.HAVE_FUTURE_DATA)
      this.dropVideo();
  }

  drop(): void {
    this.dropped = true;
    this.dropVideo();
    this.bytes.clear();
    this.picture = null;
  }

  private async small(): Promise<void> {
    const known = await this.workbench;
    const { curves, video } = known;
    const pieces = [curves?.url, video.waveform?.url, video.cuts?.count ? video.cuts.url : null];
    for (const url of pieces) if (url) await this.fetch(url).catch(() => null);
    if (video.frames) await this.fetch(video.frames.url, fetchPacked).catch(() => null);
    if (video.thumbnails) this.picture = Object.assign(new Image(), { src: video.thumbnails.url });
    await this.picture?.decode().catch(() => null);
    // A piece that cannot be had ahead keeps nothing else away.
    this.known = known;
  }

  private dropVideo(): void {
    this.video?.removeAttribute('src');
    this.video?.load();
    this.video = null;
  }
}

function loading(url: string): HTMLVideoElement {
  const video = document.createElement('video');
  video.preload = 'auto';
  video.muted = true;
  video.setAttribute('src', url);
  return video;
}

/** null: no sound, or no waveform yet; the lane stays away. */
export async function loadWaveform(
  { video: { waveform } }: Workbench,
  fetch: BytesOf,
): Promise<Pyramid | null> {
  const bytes = waveform && (await fetch(waveform.url).catch(() => null));
  return bytes && buildPyramid(new Uint8Array(bytes));
}
