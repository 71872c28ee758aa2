/** Times and scores in words, and words back into times. */
import { msg, t } from './words';

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
  // "1:75" is a slip of the hand: of which of the two, nobody knows.
  if (match[2] !== undefined && Number(seconds) > 59) return null;
  if (match[1] !== undefined && Number(minutes) > 59) return null;
  const whole = (Number(hours) * 60 + Number(minutes)) * 60 + Number(seconds);
  return whole * 1000 + Number(fraction.padEnd(3, '0') || '0');
}

/** 95000 -> "1 min 35 s", for reading rather than for editing. */
export function formatDuration(ms: number): string {
  const seconds = Math.round(ms / 1000);
  if (seconds < 60) return t('{s} s', { s: ms < 10_000 ? (ms / 1000).toFixed(1) : seconds });
  const [hours, minutes] = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60];
  if (hours > 0)
    return minutes ? t('{h} h {min} min', { h: hours, min: minutes }) : t('{h} h', { h: hours });
  const rest = seconds % 60;
  return rest ? t('{min} min {s} s', { min: minutes, s: rest }) : t('{min} min', { min: minutes });
}

/** A name in a sentence that is read in passing. */
export const inShort = (name: string): string =>
  [...name].length > 60 ? `${[...name].slice(0, 58).join('').trimEnd()} …` : name;

const SCORE_WORDS: readonly [number, string][] = [
  [0.9, msg('very likely')],
  [0.7, msg('likely')],
  [0.5, msg('possible')],
  [0.3, msg('doubtful')],
  [0, msg('unlikely')],
];

export const scoreWord = (score: number): string =>
  t(SCORE_WORDS.find(([least]) => score >= least)?.[1] ?? 'unlikely');

/** Never "100 %": a model is not that sure. */
export const formatScore = (score: number): string =>
  `${Math.min(99, Math.max(1, Math.round(score * 100)))} %`;

export function formatBytes(bytes: number): string {
  const units = ['B', 'kB', 'MB', 'GB', 'TB'];
  const power = bytes < 1 ? 0 : Math.min(units.length - 1, Math.floor(Math.log10(bytes) / 3));
  const value = bytes / 1000 ** power;
  return `${power === 0 || value >= 100 ? Math.round(value) : value.toFixed(1)} ${units[power] ?? ''}`;
}
