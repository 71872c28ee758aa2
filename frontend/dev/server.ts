/** A small pretend server: just enough wire to work on the pages. State lives in memory and dies with it. */
import { createReadStream, readFileSync, statSync } from 'node:fs';
import type { IncomingMessage, ServerResponse } from 'node:http';

import type { Plugin, ViteDevServer } from 'vite';

import type { Draft } from '../src/api/types';
import { curves, firstDraft, videos, waveform, workbench } from './fixture';

const drafts = new Map<number, { version: number; draft: Draft }>();
let rounds = 0;

const stored = (id: number) => drafts.get(id) ?? { version: 0, draft: firstDraft(id) };

async function body(request: IncomingMessage): Promise<Record<string, unknown>> {
  const parts: Buffer[] = [];
  for await (const part of request) parts.push(part as Buffer);
  try {
    return JSON.parse(Buffer.concat(parts).toString()) as Record<string, unknown>;
  } catch {
    return {};
  }
}

function send(response: ServerResponse, value: unknown, status = 200): void {
  response.writeHead(status, { 'Content-Type': 'application/json' }).end(JSON.stringify(value));
}

function sendVideo(request: IncomingMessage, response: ServerResponse): void {
  const path = process.env['SPOTTER_DEV_VIDEO'] ?? '';
  const size = statSync(path).size;
  const match = /bytes=(\d+)-(\d*)/.exec(request.headers.range ?? 'bytes=0-');
  const start = Number(match?.[1] ?? 0);
  const end = Math.min(size - 1, match?.[2] ? Number(match[2]) : start + 2_000_000);
  response.writeHead(206, {
    'Content-Type': 'video/mp4',
    'Accept-Ranges': 'bytes',
    'Content-Length': end - start + 1,
    'Content-Range': `bytes ${start}-${end}/${size}`,
  });
  createReadStream(path, { start, end }).pipe(response);
}

async function putDraft(
  id: number,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const given = await body(request);
  const now = stored(id);
  if (given['version'] !== now.version) {
    return send(
      response,
      {
        code: 'draft_conflict',
        detail: 'A newer draft exists.',
        current_version: now.version,
        current_draft: now.draft,
      },
      409,
    );
  }
  drafts.set(id, { version: now.version + 1, draft: given['draft'] as Draft });
  send(response, {
    version: now.version + 1,
    lease_expires_at: new Date(Date.now() + 900_000).toISOString(),
  });
}

const chosen: Record<string, unknown> = {};

async function changePreferences(request: IncomingMessage): Promise<unknown> {
  Object.assign(chosen, await body(request));
  return { own: chosen, defaults: {} };
}

async function answer(
  url: string,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<boolean> {
  const review = /^\/api\/reviews\/(\d+)(?:\/(\w+))?$/.exec(url);
  if (review) await answerReview(Number(review[1]), review[2] ?? '', request, response);
  else if (url === '/api/queues/1/next') send(response, { review_id: 50 });
  else if (url === '/api/me/preferences') send(response, await changePreferences(request));
  else if (url === '/api/videos') send(response, videos((rounds += 1)));
  else if (url === '/api/submissions')
    setTimeout(
      () =>
        send(
          response,
          {
            id: 'u',
            video_sha256: 'a9',
            known_video: false,
            analysis_id: 9,
            analysis_state: 'queued',
            task_id: 9,
          },
          201,
        ),
      500,
    );
  else if (/^\/api\/analyses\/\d+\/retry$/.test(url)) send(response, {});
  else if (url.endsWith('/video')) sendVideo(request, response);
  else if (url.endsWith('/waveform')) response.end(waveform(Number(/\d+/.exec(url)?.[0])));
  else return false;
  return true;
}

async function answerReview(
  id: number,
  verb: string,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  if (id === 404)
    return send(response, { code: 'not_found', detail: 'There is no such review.' }, 404);
  if (verb === 'draft') return putDraft(id, request, response);
  if (verb === 'curves') return void response.end(curves(id));
  if (verb === 'submit') return send(response, { review_id: id, task_state: 'settled' });
  if (verb === 'reopen') return send(response, { review_id: 10 });
  if (verb) return send(response, { expires_at: new Date(Date.now() + 900_000).toISOString() });
  const { draft, version } = stored(id);
  send(response, workbench(id, draft, version));
}

async function page(server: ViteDevServer, url: string): Promise<string | null> {
  const review = /^\/reviews\/(\d+)\//.exec(url)?.[1];
  const name = review ? 'workbench' : url === '/upload/' ? 'upload' : url === '/' ? 'styles' : null;
  if (!name) return null;
  const html = readFileSync(new URL(`./${name}.html`, import.meta.url), 'utf8');
  const preferences = JSON.stringify({ own: chosen, defaults: {} });
  const script = `<script id="preferences" type="application/json">${preferences}</script>`;
  const filled = html.replace('{id}', review ?? '').replace('<!-- preferences -->', script);
  return server.transformIndexHtml(url, filled);
}

export function pretendServer(): Plugin {
  return {
    name: 'spotter-pretend-server',
    configureServer(server) {
      server.middlewares.use((request, response, next) => {
        const url = (request.url ?? '/').split('?')[0] ?? '/';
        void (async () => {
          if (await answer(url, request, response)) return;
          const html = await page(server, url);
          if (html) response.setHeader('Content-Type', 'text/html').end(html);
          else next();
        })();
      });
    },
  };
}
