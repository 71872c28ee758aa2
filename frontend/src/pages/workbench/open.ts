/** Opens one review: fetches it, builds its session, then brings curves and waveform without holding up the first paint. */
import { fetchPacked, fetchReview, openReserved, renewLease, saveDraft } from '../../api/client';
import type { Workbench } from '../../api/types';
import { decodeCurves } from '../../core/curve';
import { decodeCuts, decodeFrames } from '../../core/frameIndex';
import { startGently } from '../../state/manner';
import { playheadOf } from '../../state/playhead';
import type { Preferences } from '../../state/preferences.svelte';
import { Session } from '../../state/session.svelte';
import { bytesOf, type Ahead, type BytesOf } from './ahead';
import { shelfOf } from './shelf';
import { t } from '../../core/words';

/** A server that answers slowly must not keep the page from opening. */
const PATIENCE_MS = 5000;

export async function openReview(
  id: number,
  user: string,
  preferences: Preferences,
  ahead: Ahead | null = null,
): Promise<Session> {
  const workbench = await openedWorkbench(id, ahead);
  const shelf = shelfOf(user);
  const duration_ms = workbench.video.duration_ms ?? (await lengthOf(workbench.video.media_url));
  const session = new Session(workbench, duration_ms, {
    save: (lease_token, version, draft) => saveDraft(id, { lease_token, version, draft }),
    renew: (token) => renewLease(id, token),
    shelf,
    newId,
    now: () => Date.now(),
    preferences,
  });
  startGently(session.playback, preferences, shelf);
  if (!workbench.read_only) session.playback.seek(playheadOf(shelf, id));
  void loadCurves(session, bytesOf(ahead));
  void loadFrames(session, bytesOf(ahead));
  void loadCuts(session, bytesOf(ahead));
  return session;
}

/** `crypto.randomUUID` is missing where Spotter is reached over plain http by another name than localhost. */
function newId(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  const hex = Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-4${hex.slice(13, 16)}-a${hex.slice(17, 20)}-${hex.slice(20)}`;
}

/** A file that could not be probed may still play: the browser then tells its length. */
function lengthOf(url: string): Promise<number | null> {
  const probe = document.createElement('video');
  return new Promise<number | null>((resolve) => {
    setTimeout(() => resolve(null), PATIENCE_MS);
    probe.preload = 'metadata';
    probe.onloadedmetadata = () =>
      resolve(Number.isFinite(probe.duration) ? Math.round(probe.duration * 1000) || null : null);
    probe.onerror = () => resolve(null);
    probe.src = url;
  }).finally(() => {
    probe.onerror = null;
    probe.removeAttribute('src');
    probe.load();
  });
}

/** Nothing of a reserved video is shown before it is opened; what was fetched ahead counts if it still holds. */
async function openedWorkbench(id: number, ahead: Ahead | null): Promise<Workbench> {
  const [known, opened] = await Promise.all([
    (ahead?.workbench ?? fetchReview(id)).catch(() => fetchReview(id)),
    ahead ? openReserved(id) : null,
  ]);
  if (known.state !== 'reserved') return known;
  const { as_reserved, lease_token, lease_expires_at } = opened ?? (await openReserved(id));
  if (!as_reserved) return fetchReview(id);
  const lease = { ...known.lease, token: lease_token, expires_at: lease_expires_at };
  return { ...known, state: 'leased', read_only: false, lease };
}

async function loadCurves(session: Session, fetch: BytesOf): Promise<void> {
  const { curves } = session.workbench;
  if (!curves) return;
  try {
    const { url, count, types, bands } = curves;
    const bytes = await fetch(url);
    session.setCurves(decodeCurves(bytes, count, types, bands));
  } catch {
    session.messages.say(
      t('The curves could not be loaded. Reload the page to try again.'),
      'warn',
    );
  }
}

/** Without them frames are searched for, and nothing snaps to cuts: nothing that a reviewer must be told. */
async function loadFrames(session: Session, fetch: BytesOf): Promise<void> {
  const { frames } = session.workbench.video;
  if (!frames) return;
  const bytes = await fetch(frames.url, fetchPacked).catch(() => null);
  session.playback.frames = bytes && decodeFrames(bytes);
}

async function loadCuts(session: Session, fetch: BytesOf): Promise<void> {
  const { cuts } = session.workbench.video;
  if (!cuts?.count) return;
  const bytes = await fetch(cuts.url).catch(() => null);
  if (bytes) session.cuts = decodeCuts(bytes);
}
