import { fileURLToPath } from 'node:url';

import { svelte } from '@sveltejs/vite-plugin-svelte';
import { defineConfig } from 'vite';

import { pretendServer } from './server';

// `SPOTTER_DEV_VIDEO=some.mp4 npm run dev`, then /reviews/10/ (…1 blind, …2 level 1, …3 hintless, …4 read-only, …5 ten hours) or /upload/
export default defineConfig({
  root: fileURLToPath(new URL('..', import.meta.url)),
  appType: 'custom',
  plugins: [svelte(), pretendServer()],
  server: { host: '127.0.0.1', port: 5199, strictPort: true },
});
