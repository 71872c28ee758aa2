/** One file's upload. XMLHttpRequest, because fetch cannot tell how far a request body got. */
import { csrfToken } from './csrf';
import { problemFrom, unreachable, type Problem } from './problem';
import type { SubmissionMade } from './types';

export interface Upload {
  done: Promise<SubmissionMade>;
  abort: () => void;
}

export function uploadFile(
  file: File,
  fields: Record<string, string>,
  onProgress: (share: number) => void,
): Upload {
  const request = new XMLHttpRequest();
  const body = new FormData();
  for (const [name, value] of Object.entries(fields)) body.append(name, value);
  body.append('file', file, file.name);
  request.upload.addEventListener('progress', (event) => {
    if (event.lengthComputable) onProgress(event.loaded / event.total);
  });
  const done = new Promise<SubmissionMade>((resolve, reject: (problem: Problem) => void) => {
    request.addEventListener('error', () => reject(unreachable()));
    request.addEventListener('abort', () => reject(unreachable()));
    request.addEventListener('load', () => {
      const answer = parsed(request.responseText);
      if (request.status < 300) resolve(answer as SubmissionMade);
      else reject(problemFrom(request.status, answer));
    });
  });
  request.open('POST', '/api/submissions');
  request.setRequestHeader('Accept', 'application/json');
  request.setRequestHeader('X-CSRFToken', csrfToken());
  request.send(body);
  return { done, abort: () => request.abort() };
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
