/** What a page loads before anything is on the screen, weighed as it is sent; the build fails where the workbench grows too heavy. */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';

import type { Plugin } from 'vite';

export interface ManifestChunk {
  file: string;
  css?: string[];
  imports?: string[];
}
export type Manifest = Record<string, ManifestChunk>;

/** Scripts and stylesheets of the entries and of all they import at once; what is imported later is not waited for. */
export function loadedFirst(manifest: Manifest, entries: readonly string[]): string[] {
  const seen = new Set<string>();
  const files = new Set<string>();
  const visit = (name: string): void => {
    const chunk = manifest[name];
    if (!chunk) throw new Error(`The build holds no ${name}.`);
    if (seen.has(name)) return;
    seen.add(name);
    for (const file of [chunk.file, ...(chunk.css ?? [])]) files.add(file);
    chunk.imports?.forEach(visit);
  };
  entries.forEach(visit);
  return [...files].sort();
}

/** Leaves a gzipped copy beside each script and stylesheet, which the server sends, and holds `entries` together to `most` bytes of them. */
export function budget(entries: readonly string[], most: number): Plugin {
  let dist = '';
  return {
    name: 'spotter-budget',
    apply: 'build',
    configResolved: (config) => void (dist = join(config.root, config.build.outDir)),
    closeBundle() {
      const text = readFileSync(join(dist, '.vite/manifest.json'), 'utf8');
      const manifest = JSON.parse(text) as Manifest;
      const sizes = new Map(
        loadedFirst(manifest, Object.keys(manifest)).map((file) => [file, packed(dist, file)]),
      );
      const bytes = loadedFirst(manifest, entries)
        .map((file) => sizes.get(file) ?? 0)
        .reduce((sum, size) => sum + size, 0);
      if (bytes > most) this.error(`${entries.join(' and ')} weigh ${bytes} bytes, over ${most}.`);
      this.info(`${entries.join(' and ')} weigh ${bytes} of ${most} bytes.`);
    },
  };
}

function packed(dist: string, file: string): number {
  const bytes = gzipSync(readFileSync(join(dist, file)), { level: 9 });
  writeFileSync(join(dist, `${file}.gz`), bytes);
  return bytes.length;
}
