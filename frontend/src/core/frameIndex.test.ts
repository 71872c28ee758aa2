import { describe, expect, it } from 'vitest';

import { decodeCuts, decodeFrames, FrameIndex } from './frameIndex';

const packed = (...numbers: number[]): ArrayBuffer => new Uint32Array(numbers).buffer;
const MAGIC = 0x31465053;
const film = (fps: number, count = 200) =>
  new FrameIndex(Float64Array.from({ length: count }, (_, at) => (at * 1000) / fps));

describe('the index of frames', () => {
  it('is unpacked with the times of the original and of what plays', () => {
    const index = decodeFrames(packed(MAGIC, 3, 1, 1, 0, 41708, 41709, 500000, 40000, 40000, 0));
    expect([...(index?.times ?? [])]).toEqual([0, 41.708, 83.417]);
    expect([...(index?.shown ?? [])]).toEqual([500, 540, 580]);
    const own = decodeFrames(packed(MAGIC, 2, 0, 0, 66000, 33333));
    expect([...(own?.shown ?? [])]).toEqual([66, 99.333]);
  });

  it.each([
    ['nothing', packed()],
    ['another file', packed(7, 1, 0, 0, 5)],
    ['one that is cut off', packed(MAGIC, 3, 1, 0, 0, 40)],
    ['an empty one', packed(MAGIC, 0, 0, 0)],
  ])('is not made of %s', (_, bytes) => expect(decodeFrames(bytes)).toBeNull());

  it.each([23.976, 25, 29.97, 59.94, 60])(
    'finds each frame at %d fps by its rounded time',
    (fps) => {
      const index = film(fps);
      index.times.forEach((time, at) => {
        expect(index.of(Math.round(time))).toBe(at);
        expect(index.at(index.inside(at))).toBe(at);
        expect(index.snapped(Math.round(time))).toBe(time);
      });
      expect(index.of(-1)).toBe(-1);
      expect(index.snapped(-1)).toBe(-1);
    },
  );

  it('leads from a proxy back to the original, and there', () => {
    const index = new FrameIndex(
      Float64Array.of(0, 17, 217, 250),
      Float64Array.of(0, 20, 220, 260),
    );
    expect(index.original(225)).toBe(217);
    expect(index.original(259)).toBe(217);
    expect(index.at(index.played(230))).toBe(2);
    expect(index.at(index.played(250))).toBe(3);
  });

  it('keeps a moment within a still, whose sound goes on', () => {
    const index = new FrameIndex(Float64Array.of(0, 40, 9000), Float64Array.of(0, 40, 9010));
    expect(index.snapped(5000)).toBe(5000);
    expect(index.played(5000)).toBe(5000);
    expect(index.snapped(400)).toBe(40);
    expect(index.played(9700)).toBe(9710);
    expect(index.isStill(5000)).toBe(true);
    expect(index.isStill(9100)).toBe(false);
    expect(new FrameIndex(Float64Array.of(66)).isStill(5)).toBe(false);
  });

  it('moves an edge by one real frame, there and back, however long frames are', () => {
    const index = new FrameIndex(Float64Array.of(0, 16.7, 216.7, 250, 9000));
    expect([index.beside(17, 1), index.beside(217, -1)].map(Math.round)).toEqual([217, 17]);
    // From between two frames to the nearer one on that side; in a still by a usual frame.
    expect([index.beside(230, -1), index.beside(230, 1)].map(Math.round)).toEqual([217, 250]);
    expect(index.beside(5000, 1)).toBeGreaterThan(5000);
    expect(index.beside(5000, 1)).toBeLessThan(9000);
  });
});

it('reads cuts, and none of a file that is cut off', () => {
  expect(decodeCuts(packed(1080, 2240))).toEqual([1080, 2240]);
  expect(decodeCuts(new ArrayBuffer(3))).toEqual([]);
});
