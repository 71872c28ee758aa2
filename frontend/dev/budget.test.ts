import { expect, test } from 'vitest';

import { loadedFirst } from './budget';

const manifest = {
  'src/pages/app.ts': { file: 'app.js', css: ['app.css'], imports: ['_shared.js'] },
  'src/pages/workbench.ts': {
    file: 'workbench.js',
    css: ['workbench.css'],
    imports: ['_shared.js'],
    dynamicImports: ['src/later.ts'],
  },
  '_shared.js': { file: 'shared.js', imports: ['_deep.js'] },
  '_deep.js': { file: 'deep.js', imports: ['_shared.js'] },
  'src/later.ts': { file: 'later.js' },
};

test('a page loads its entry, what that imports however deep, and their styles; each once', () => {
  expect(loadedFirst(manifest, ['src/pages/app.ts', 'src/pages/workbench.ts'])).toEqual([
    'app.css',
    'app.js',
    'deep.js',
    'shared.js',
    'workbench.css',
    'workbench.js',
  ]);
});

test('an entry that was renamed is no light one', () => {
  expect(() => loadedFirst(manifest, ['src/pages/bench.ts'])).toThrow(
    'holds no src/pages/bench.ts',
  );
});
