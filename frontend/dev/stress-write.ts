/** `node … FOLDER`: writes stress reviews as files, for `make bench-ui`, which fills a real Spotter with them. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { stress, TEN_HOURS, WAVEFORM_STEP_MS, type StressSize } from './stress';

/** As short as a film of everyday work, with the five hints whose keystrokes are counted. */
const MINUTE: StressSize = { ...TEN_HOURS, duration_ms: 60_000, segments: 0, hints: 5 };

function write(folder: string, size: StressSize): void {
  const { curves, waveform, ...facts } = stress(size);
  mkdirSync(folder, { recursive: true });
  const json = JSON.stringify({ ...facts, waveform_step_ms: WAVEFORM_STEP_MS });
  writeFileSync(join(folder, 'facts.json'), json);
  writeFileSync(join(folder, 'curves.bin'), curves);
  writeFileSync(join(folder, 'waveform.bin'), waveform);
}

const folder = process.argv[2];
if (!folder) throw new Error('Name a folder to write into.');
write(join(folder, 'ten-hours'), TEN_HOURS);
write(join(folder, 'minute'), MINUTE);
