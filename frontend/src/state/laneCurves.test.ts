import { expect, it } from 'vitest';

import { lanesOf } from './laneCurves';

const flat = (value: number) => new Uint8Array(8).fill(value);

it('a lane has its band only where it can be seen, and always the same one', () => {
  const lanes = lanesOf(
    new Map([
      ['plain', { score: flat(90), band: null }],
      ['thin', { score: flat(90), band: { low: flat(88), high: flat(92) } }],
      ['wide', { score: flat(90), band: { low: flat(40), high: flat(140) } }],
    ]),
  );
  expect(lanes.get('plain')?.band).toBeNull();
  expect(lanes.get('thin')?.band).toBeNull();
  const wide = lanes.get('wide');
  expect(wide?.band?.[0]).toEqual({ min: flat(40), max: flat(140) });
  expect(wide?.band).toBe(wide?.band);
});
