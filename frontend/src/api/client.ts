/** Every call the browser makes, by name. Each answers with data or throws a Problem. */
import { csrfToken } from './csrf';
import { problemFrom, unreachable } from './problem';
import type { Draft, DraftSaved, VideoRow, Workbench } from './types';

type Method = 'GET' | 'POST' | 'PUT';

async function request(
  method: Method,
  url: string,
  body?: unknown,
  keepalive = false,
): Promise<Response> {
  const init: RequestInit = {
    method,
    keepalive,
    headers: { Accept: 'application/json', 'X-CSRFToken': csrfToken() },
  };
  if (body !== undefined) {
    init.body = JSON.stringify(body);
    init.headers = { ...init.headers, 'Content-Type': 'application/json' };
  }
  const answer = await fetch(url, init).catch(() => Promise.reject(unreachable()));
  if (answer.ok) return answer;
  throw problemFrom(answer.status, await answer.json().catch(() => null));
}

async function json<T>(method: Method, url: string, body?: unknown, keepalive = false): Promise<T> {
  const answer = await request(method, url, body, keepalive);
  return (answer.status === 204 ? null : await answer.json()) as T;
}

export const fetchReview = (id: number): Promise<Workbench> => json('GET', `/api/reviews/${id}`);

export const fetchBytes = async (url: string): Promise<ArrayBuffer> =>
  (await request('GET', url)).arrayBuffer();

export interface DraftBody {
  lease_token: string;
  version: number;
  draft: Draft;
}

export const saveDraft = (id: number, body: DraftBody, keepalive = false): Promise<DraftSaved> =>
  json('PUT', `/api/reviews/${id}/draft`, body, keepalive);

export const renewLease = (
  id: number,
  lease_token: string,
): Promise<{ expires_at?: string; lease_expires_at?: string }> =>
  json('POST', `/api/reviews/${id}/renew`, { lease_token });

export const submitReview = (
  id: number,
  body: DraftBody,
): Promise<{ review_id: number; task_state: string }> =>
  json('POST', `/api/reviews/${id}/submit`, body);

export const skipReview = (id: number, lease_token: string, reason: string): Promise<unknown> =>
  json('POST', `/api/reviews/${id}/skip`, { lease_token, reason });

export const reopenReview = (id: number): Promise<{ review_id: number }> =>
  json('POST', `/api/reviews/${id}/reopen`);

/** null: nothing is waiting in this queue. */
export const nextReview = (queue_id: number): Promise<{ review_id: number } | null> =>
  json('POST', `/api/queues/${queue_id}/next`);

export const fetchVideos = (): Promise<VideoRow[]> => json('GET', '/api/videos');

export const retryAnalysis = (id: number): Promise<unknown> =>
  json('POST', `/api/analyses/${id}/retry`);
