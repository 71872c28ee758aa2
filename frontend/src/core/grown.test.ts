import { expect, it } from 'vitest';

import { grown } from './grown';

it('a set that grows is another one only when something new came', () => {
  const known = new Set(['fight']);
  expect(grown(known, [])).toBe(known);
  expect(grown(known, ['fight'])).toBe(known);
  expect(grown(known, ['gunfire', 'fight'])).toEqual(new Set(['fight', 'gunfire']));
  expect(known).toEqual(new Set(['fight']));
});
