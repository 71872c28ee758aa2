/** What went wrong on the way to the server: a problem+json answer, or no answer at all (status 0). */
import { msg, t } from '../core/words';

export class Problem extends Error {
  constructor(
    readonly status: number,
    readonly code: string,
    sentence: string,
    readonly extra: Record<string, unknown> = {},
  ) {
    super(sentence);
  }

  /** Worth trying again without anybody doing something. */
  get temporary(): boolean {
    return this.status === 0 || this.status === 429 || this.status >= 500;
  }
}

export const unreachable = (): Problem =>
  new Problem(0, 'unreachable', t('The server cannot be reached just now.'));

const FALLBACK: Record<number, string> = {
  401: msg('You are logged out. Log in again in another tab; this page keeps your work.'),
  403: msg('You may not do this, or you were logged out. Log in again in another tab.'),
  404: msg('This is not there any more.'),
  413: msg('This file is larger than the server accepts.'),
};

/** Django may answer with a page instead of problem+json (a proxy, a crash): the status still says something. */
export function problemFrom(status: number, body: unknown): Problem {
  const known = isRecord(body) ? body : {};
  const code = typeof known['code'] === 'string' ? known['code'] : `http_${status}`;
  const detail = [known['detail'], known['title']].find(
    (each): each is string => typeof each === 'string' && each !== '',
  );
  // The server speaks to programs too; to a reviewer in the middle of a video it is the work that matters.
  const sentence = status === 401 ? null : detail;
  return new Problem(status, code, sentence ?? fallback(status), known);
}

const fallback = (status: number): string =>
  t(FALLBACK[status] ?? msg('The server could not answer (status {status}).'), { status });

const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
