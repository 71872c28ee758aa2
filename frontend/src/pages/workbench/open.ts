/** Opens one review: fetches it, builds its session, then brings curves and waveform without holding up the first paint. */
import { fetchBytes, fetchPacked, fetchReview, renewLease, saveDraft } from '../../api/client';
import { buildPyramid, decodeCurves, type Pyramid } from '../../core/curve';
import { decodeCuts, decodeFrames } from '../../core/frameIndex';
import { startGently } from '../../state/manner';
import { playheadOf } from '../../state/playhead';
import type { Preferences } from '../../state/preferences.svelte';
import { Session } from '../../state/session.svelte';
import { shelfOf } from './shelf';

/** A server that answers slowly must not keep the page from opening. */
const PATIENCE_MS = 5000;

export async function openReview(
  id: number,
  user: string,
  preferences: Preferences,
): Promise<Session> {
  const workbench = await fetchReview(id);
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
  void loadCurves(session);
  void loadFrames(session);
  void loadCuts(session);
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

async function loadCurves(session: Session): Promise<void> {
  const { curves } = session.workbench;
  if (!curves) return;
  try {
    const { count, types, bands } = curves;
    session.setCurves(decodeCurves(await fetchBytes(curves.url), count, types, bands));
  } catch {
    session.messages.say('The curves could not be loaded. Reload the page to try again.', 'warn');
  }
}

/** Without them frames are searched for, and nothing snaps to cuts: nothing that a reviewer must be told. */
async function loadFrames(session: Session): Promise<void> {
  const { frames } = session.workbench.video;
  if (!frames) return;
  const bytes = await fetchPacked(frames.url).catch(() => null);
  session.playback.frames = bytes && decodeFrames(bytes);
}

async function loadCuts(session: Session): Promise<void> {
  const { cuts } = session.workbench.video;
  if (!cuts?.count) return;
  const bytes = await fetchBytes(cuts.url).catch(() => null);
  if (bytes) session.cuts = decodeCuts(bytes);
}

/** null: no sound, or no waveform yet; the lane stays away. */
export async function loadWaveform(session: Session): Promise<Pyramid | null> {
  const { waveform } = session.workbench.video;
  if (!waveform) return null;
  const bytes = await fetchBytes(waveform.url).catch(() => null);
  return bytes && buildPyramid(new Uint8Array(bytes));
}
