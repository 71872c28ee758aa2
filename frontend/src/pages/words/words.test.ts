/** Reads the sources: every marked sentence has its Chinese, with the same places, and no Chinese is left over. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

import { describe, expect, it } from 'vitest';

import chinese from './zh-hans';

const SOURCES = fileURLToPath(new URL('../..', import.meta.url));

interface Said {
  sentence: string;
  /** The singular of a pair: a language without plurals leaves it out. */
  isSingular: boolean;
  file: string;
}

const STRING =
  String.raw`(?:'((?:[^'\\]|\\.)*)'|"((?:[^"\\]|\\.)*)"|` + '`((?:[^`\\\\$]|\\\\.)*)`)';
const ONE = new RegExp(String.raw`(?<![\w.])(?:t|msg)\(\s*${STRING}`, 'g');
const MANY = new RegExp(String.raw`(?<![\w.])tn\(\s*[^,]+,\s*${STRING},\s*${STRING}`, 'g');

function files(): string[] {
  return readdirSync(SOURCES, { recursive: true, encoding: 'utf8' }).filter(
    (name) =>
      /\.(ts|svelte)$/.test(name) && !/\.test\.ts$|^core\/words\.ts$|^pages\/words\//.test(name),
  );
}

const unescaped = (text: string): string => text.replace(/\\(.)/g, '$1');

function saidIn(file: string): Said[] {
  const source = readFileSync(join(SOURCES, file), 'utf8');
  const pick = (parts: (string | undefined)[]) =>
    unescaped(parts.find((part) => part !== undefined) ?? '');
  const one = [...source.matchAll(ONE)].map((found) => ({
    sentence: pick(found.slice(1, 4)),
    isSingular: false,
    file,
  }));
  const many = [...source.matchAll(MANY)].flatMap((found) => [
    { sentence: pick(found.slice(1, 4)), isSingular: true, file },
    { sentence: pick(found.slice(4, 7)), isSingular: false, file },
  ]);
  return [...one, ...many];
}

const places = (sentence: string): string[] => [...new Set(sentence.match(/\{\w+\}/g))].sort();

describe('the Chinese catalogue', () => {
  const said = files().flatMap(saidIn);
  const known = new Set(said.map((each) => each.sentence));

  it('is read from sources that say something', () => {
    expect(known.size).toBeGreaterThan(20);
  });

  it('has every sentence that the code says', () => {
    const missing = said.filter((each) => !each.isSingular && !(each.sentence in chinese));
    expect(missing.map((each) => `${each.file}: ${each.sentence}`)).toEqual([]);
  });

  it('keeps nothing that nobody says any more', () => {
    expect(Object.keys(chinese).filter((sentence) => !known.has(sentence))).toEqual([]);
  });

  it('fills the same places as the English', () => {
    const wrong = Object.entries(chinese).filter(
      ([english, words]) => places(words).join() !== places(english).join(),
    );
    expect(wrong).toEqual([]);
  });
});
