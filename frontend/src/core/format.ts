/** Times and scores in words, and words back into times. */

/** 83456 -> "1:23.456"; without the fraction "1:23". Hours appear only when there are some. */
export function formatTime(ms: number, fraction: boolean = true): string {
  const whole = Math.max(0, Math.round(ms));
  const hours = Math.floor(whole / 3_600_000);
  const minutes = Math.floor(whole / 60_000) % 60;
  const seconds = Math.floor(whole / 1000) % 60;
  const pad = (value: number, size: number) => String(value).padStart(size, '0');
  const head = hours > 0 ? `${hours}:${pad(minutes, 2)}` : String(minutes);
  const tail = fraction ? `.${pad(whole % 1000, 3)}` : '';
  return `${head}:${pad(seconds, 2)}${tail}`;
}

/** "1:23.4", "83.4", "0:01:23" -> milliseconds; null when it is not a time. */
export function parseTime(text: string): number | null {
  const match = /^(?:(?:(\d+):)?(\d+):)?(\d+)(?:[.,](\d{1,3}))?$/.exec(text.trim());
  if (!match) return null;
  const [, hours = '0', minutes = '0', seconds = '0', fraction = ''] = match;
  const whole = (Number(hours) * 60 + Number(minutes)) * 60 + Number(seconds);
  return whole * 1000 + Number(fraction.padEnd(3, '0') || '0');
}

/** 95000 -> "1 min 35 s", for reading rather than for editing. */
export function formatDuration(ms: number): string {
  const seconds = Math.round(ms / 1000);
  if (seconds < 60) return ms < 10_000 ? `${(ms / 1000).toFixed(1)} s` : `${seconds} s`;
  const minutes = Math.floor(seconds / 60);
  if (minutes < 60) return seconds % 60 ? `${minutes} min ${seconds % 60} s` : `${minutes} min`;
  return minutes % 60 ? `${Math.floor(minutes / 60)} h ${minutes % 60} min` : `${minutes / 60} h`;
}

const SCORE_WORDS: readonly [number, string][] = [
  [0.9, 'very likely'],
  [0.7, 'likely'],
  [0.5, 'possible'],
  [0.3, 'doubtful'],
  [0, 'unlikely'],
];

export const scoreWord = (score: number): string =>
  SCORE_WORDS.find(([least]) => score >= least)?.[1] ?? 'unlikely';

/** Never "100 %": a model is not that sure. */
export const formatScore = (score: number): string =>
  `${Math.min(99, Math.max(1, Math.round(score * 100)))} %`;

export function formatBytes(bytes: number): string {
  const units = ['B', 'kB', 'MB', 'GB', 'TB'];
  const power = bytes < 1 ? 0 : Math.min(units.length - 1, Math.floor(Math.log10(bytes) / 3));
  const value = bytes / 1000 ** power;
  return `${power === 0 || value >= 100 ? Math.round(value) : value.toFixed(1)} ${units[power] ?? ''}`;
}

export const plural = (count: number, one: string, many: string = `${one}s`): string =>
  `${count} ${count === 1 ? one : many}`;
