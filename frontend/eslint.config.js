import js from '@eslint/js';
import svelte from 'eslint-plugin-svelte';
import globals from 'globals';
import ts from 'typescript-eslint';

import svelteConfig from './svelte.config.js';

/** The arrows of the frontend: pages, timeline, player -> state -> core, api. A room may not import what is listed for it. */
const arrows = {
  core: ['api', 'state', 'timeline', 'player', 'pages'],
  api: ['state', 'timeline', 'player', 'pages'],
  state: ['timeline', 'player', 'pages'],
  timeline: ['player', 'pages'],
  player: ['timeline', 'pages'],
};

const arrowRules = Object.entries(arrows).map(([room, forbidden]) => ({
  files: [`src/${room}/**/*.{ts,svelte}`],
  rules: {
    'no-restricted-imports': [
      'error',
      {
        patterns: forbidden.map((other) => ({
          regex: `(^|/)${other}/`,
          message: `The arrow points the other way: ${room}/ knows nothing of ${other}/ (DESIGN.md, rooms).`,
        })),
      },
    ],
  },
}));

const dom = ['window', 'document', 'HTMLElement', 'HTMLVideoElement', 'HTMLCanvasElement'];

export default ts.config(
  { ignores: ['dist', 'node_modules', 'src/api/schema.d.ts'] },
  js.configs.recommended,
  ...ts.configs.strict,
  ...svelte.configs.recommended,
  {
    languageOptions: {
      globals: { ...globals.browser },
      parserOptions: { extraFileExtensions: ['.svelte'] },
    },
    rules: {
      complexity: ['error', 14],
      'max-lines': ['error', 400],
      'max-lines-per-function': ['error', { max: 45, skipComments: true }],
      '@typescript-eslint/explicit-module-boundary-types': 'error',
      '@typescript-eslint/consistent-type-imports': 'error',
      eqeqeq: 'error',
      // TypeScript knows which names exist, the browser's types included.
      'no-undef': 'off',
      // Here state is replaced, never mutated ($state.raw), so plain maps and sets are right.
      'svelte/prefer-svelte-reactivity': 'off',
    },
  },
  {
    files: ['**/*.svelte', '**/*.svelte.ts'],
    languageOptions: { parserOptions: { parser: ts.parser, svelteConfig } },
    rules: {
      // A component's script is one function to ESLint; the file limit still holds.
      'max-lines-per-function': 'off',
    },
  },
  { files: ['**/*.test.ts', 'dev/**', '*.ts', '*.js'], rules: { 'max-lines-per-function': 'off' } },
  // A catalogue is as long as what is said.
  { files: ['src/pages/words/zh-*.ts'], rules: { 'max-lines': 'off' } },
  ...arrowRules,
  {
    // State is tested without rendering, so it may not reach for the page.
    files: ['src/state/**', 'src/core/**'],
    rules: { 'no-restricted-globals': ['error', ...dom] },
  },
);
