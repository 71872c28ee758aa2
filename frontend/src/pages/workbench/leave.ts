/** The ways out of a review. Each answers with the next review's id, null when nothing waits, or throws a Problem. */
import { nextReview, reopenReview, skipReview, submitReview } from '../../api/client';
import type { Session } from '../../state/session.svelte';

/** A sentence when the review cannot leave yet; nothing was sent then. */
export async function whyNotYet(session: Session): Promise<string | null> {
  const refusal = session.decision.refusal();
  if (refusal) return refusal;
  if (await session.autosave.flush()) return null;
  return 'Your work is not saved yet, so it cannot be submitted. It is kept here; try again in a moment.';
}

export async function submitAndGoOn(session: Session): Promise<number | null> {
  const { id, lease, queue } = session.workbench;
  await submitReview(id, {
    lease_token: lease.token,
    version: session.autosave.version,
    draft: session.snapshot(),
  });
  return leave(session, queue.id);
}

export async function skipAndGoOn(session: Session, reason: string): Promise<number | null> {
  const { id, lease, queue } = session.workbench;
  await skipReview(id, lease.token, reason);
  return leave(session, queue.id);
}

async function leave(session: Session, queue_id: number): Promise<number | null> {
  session.stop();
  session.autosave.forget();
  // The answer is safe by now: a queue that cannot be asked just leads back to the queue page.
  const next = await nextReview(queue_id).catch(() => null);
  return next?.review_id ?? null;
}

export const reopen = async (session: Session): Promise<number> =>
  (await reopenReview(session.workbench.id)).review_id;
