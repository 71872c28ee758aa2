import { svelte } from '@sveltejs/vite-plugin-svelte';
import { defineConfig } from 'vitest/config';

import { budget } from './dev/budget';

const page = (name: string) => `src/pages/${name}.ts`;

// django-vite reads dist/.vite/manifest.json; entries are named there by their source path.
export default defineConfig({
  base: '/static/',
  // The base template loads app.ts on every page.
  plugins: [svelte(), budget([page('app'), page('workbench')], 120_000)],
  build: {
    outDir: 'dist',
    emptyOutDir: true,
    manifest: true,
    target: 'es2022',
    modulePreload: { polyfill: false },
    rollupOptions: { input: [page('app'), page('workbench'), page('upload')] },
  },
  test: {
    include: ['src/**/*.test.ts', 'src/**/*.svelte.test.ts', 'dev/**/*.test.ts'],
    environment: 'node',
  },
});
