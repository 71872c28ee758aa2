/** Opens one review: fetches it, builds its session, then brings curves and waveform without holding up the first paint. */
import { fetchBytes, fetchReview, renewLease, saveDraft } from '../../api/client';
import { buildPyramid, decodeCurves, type Pyramid } from '../../core/curve';
import { applyPreferences } from '../../state/preferences.svelte';
import { Session } from '../../state/session.svelte';

export async function openReview(id: number): Promise<Session> {
  const workbench = await fetchReview(id);
  const session = new Session(workbench, {
    save: (lease_token, version, draft) => saveDraft(id, { lease_token, version, draft }),
    renew: (token) => renewLease(id, token),
    shelf: localStorage,
    newId: () => crypto.randomUUID(),
    now: () => Date.now(),
  });
  applyPreferences(session.playback, localStorage);
  void loadCurves(session);
  return session;
}

async function loadCurves(session: Session): Promise<void> {
  const { curves } = session.workbench;
  if (!curves) return;
  try {
    session.setCurves(decodeCurves(await fetchBytes(curves.url), curves.count, curves.types));
  } catch {
    session.messages.say('The curves could not be loaded. Reload the page to try again.', 'warn');
  }
}

/** null: no sound, or no waveform yet; the lane stays away. */
export async function loadWaveform(session: Session): Promise<Pyramid | null> {
  const { waveform } = session.workbench.video;
  if (!waveform) return null;
  const bytes = await fetchBytes(waveform.url).catch(() => null);
  return bytes && buildPyramid(new Uint8Array(bytes));
}
