/** Every call the browser makes, by name. Each answers with data or throws a Problem. */
import createClient, { type Middleware } from 'openapi-fetch';

import { csrfToken } from './csrf';
import { problemFrom, unreachable } from './problem';
import type { paths } from './schema';
import type {
  DraftPut,
  DraftStored,
  PersonPreferences,
  Preferences,
  VideoRow,
  Workbench,
  LeaseRenewed,
  ReservedReview,
  ReviewOpened,
} from './types';

const client = createClient<paths>();

const csrf: Middleware = {
  // A plain GET must look like the page's own preload, or the browser asks twice.
  onRequest: ({ request }) => {
    if (request.method !== 'GET') request.headers.set('X-CSRFToken', csrfToken());
  },
  onError: () => unreachable(),
};
client.use(csrf);

interface Answer<T> {
  data?: T;
  error?: unknown;
  response: Response;
}

async function need<T>(call: Promise<Answer<T>>): Promise<T> {
  const { data, error, response } = await call;
  if (response.ok) return data as T;
  throw problemFrom(response.status, error);
}

const review = (review_id: number) => ({ path: { review_id } });

export const fetchReview = (id: number): Promise<Workbench> =>
  need(client.GET('/api/reviews/{review_id}', { params: review(id) }));

export async function fetchBytes(url: string): Promise<ArrayBuffer> {
  const answer = await fetch(url).catch(() => Promise.reject(unreachable()));
  if (!answer.ok) throw problemFrom(answer.status, null);
  return answer.arrayBuffer();
}

/** Bytes that the server keeps packed (zlib). */
export async function fetchPacked(url: string): Promise<ArrayBuffer> {
  const packed = new Blob([await fetchBytes(url)]).stream();
  return new Response(packed.pipeThrough(new DecompressionStream('deflate'))).arrayBuffer();
}

/** `keepalive` lets the request outlive the page that sends it. */
export const saveDraft = (id: number, body: DraftPut, keepalive = false): Promise<DraftStored> =>
  need(client.PUT('/api/reviews/{review_id}/draft', { params: review(id), body, keepalive }));

/** The answer's token differs where the lease had run out and was taken back. */
export const renewLease = (id: number, lease_token: number): Promise<LeaseRenewed> =>
  need(
    client.POST('/api/reviews/{review_id}/renew', { params: review(id), body: { lease_token } }),
  );

export const submitReview = (id: number, body: DraftPut): Promise<{ review_id: number }> =>
  need(client.POST('/api/reviews/{review_id}/submit', { params: review(id), body }));

export const skipReview = (id: number, lease_token: number, reason: string): Promise<unknown> =>
  need(
    client.POST('/api/reviews/{review_id}/skip', {
      params: review(id),
      body: { lease_token, reason },
    }),
  );

export const reopenReview = (id: number): Promise<{ review_id: number }> =>
  need(client.POST('/api/reviews/{review_id}/reopen', { params: review(id) }));

/** null: nothing can be reserved now. */
export async function reserveNext(queue_id: number): Promise<ReservedReview | null> {
  const call = client.POST('/api/queues/{queue_id}/reserve', { params: { path: { queue_id } } });
  return (await need(call)) ?? null;
}

/** Also from a page that is being left. */
export const releaseReserved = (queue_id: number): Promise<unknown> =>
  need(
    client.DELETE('/api/queues/{queue_id}/reserve', {
      params: { path: { queue_id } },
      keepalive: true,
    }),
  );

export const openReserved = (id: number): Promise<ReviewOpened> =>
  need(client.POST('/api/reviews/{review_id}/open', { params: review(id) }));

/** null: nothing is waiting in this queue. */
export async function nextReview(queue_id: number): Promise<{ review_id: number } | null> {
  const found = await need(
    client.POST('/api/queues/{queue_id}/next', { params: { path: { queue_id } } }),
  );
  return found ?? null;
}

/** Only what is named changes; null follows the organisation's default again. */
export const savePreferences = (body: Preferences): Promise<PersonPreferences> =>
  need(client.PUT('/api/me/preferences', { body }));

/** As many as one page may hold: what runs now came in before all that waits. */
const MOST_ROWS = 200;

export const fetchVideos = (): Promise<VideoRow[]> =>
  need(client.GET('/api/videos', { params: { query: { page_size: MOST_ROWS } } }));

export const retryAnalysis = (analysis_id: number): Promise<unknown> =>
  need(client.POST('/api/analyses/{analysis_id}/retry', { params: { path: { analysis_id } } }));
