/** The ways out of a review. Each throws a Problem when the server does not take it. */
import { nextReview, reopenReview, skipReview, submitReview as sendReview } from '../../api/client';
import { Problem } from '../../api/problem';
import { t } from '../../core/words';
import type { Session } from '../../state/session.svelte';

/** A sentence when the review cannot leave yet; nothing was sent then. */
export async function whyNotYet(session: Session): Promise<string | null> {
  const refusal = session.decision.refusal();
  if (refusal) return refusal;
  if (await session.autosave.settled()) return null;
  return t('Your work is not saved yet, so it cannot be submitted. See the message above.');
}

/** The submit carries the whole draft, so nothing needs to be saved before it. */
export async function submitReview(session: Session): Promise<void> {
  const { autosave, lease, workbench } = session;
  let draft = session.snapshot();
  const send = () =>
    sendReview(workbench.id, { lease_token: lease.token, version: autosave.version, draft });
  await send().catch(async (error: unknown) => {
    // A lease that ran out over lunch is taken back, if nobody else has the task.
    if (isLost(error) && (await lease.regain().catch(() => false))) return send();
    if (!(error instanceof Problem && autosave.joined(error, draft))) throw error;
    draft = session.snapshot();
    return send();
  });
  done(session);
}

/** It was not taken: said where saving says it, and saved as a draft as soon as that can be. */
export function stayAfter(session: Session, error: unknown): void {
  session.end(false);
  const sentence = error instanceof Problem ? error.message : t('That did not work. Try again.');
  if (isLost(error)) session.autosave.leaseLost(sentence);
  else if (isAboutSaving(error)) session.autosave.notTaken(error, session.snapshot());
  else session.messages.say(sentence, 'danger');
}

const isLost = (error: unknown): error is Problem =>
  error instanceof Problem && error.code === 'lease_lost';

const isAboutSaving = (error: unknown): error is Problem =>
  error instanceof Problem &&
  (error.temporary || ['draft_conflict', 'draft_invalid', 'not_signed_in'].includes(error.code));

export async function skip(session: Session, reason: string): Promise<void> {
  await skipReview(session.workbench.id, session.lease.token, reason);
  done(session);
}

function done(session: Session): void {
  session.stop();
  session.autosave.forget();
}

/** null: nothing waits. The answer is safe by now: a queue that cannot be asked just leads back to the queue page. */
export async function nextOf(queue_id: number): Promise<number | null> {
  const next = await nextReview(queue_id).catch(() => null);
  return next?.review_id ?? null;
}

export const reopen = async (session: Session): Promise<number> =>
  (await reopenReview(session.workbench.id)).review_id;
