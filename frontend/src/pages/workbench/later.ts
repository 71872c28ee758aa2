/** Dialogs that nobody needs at once: no part of what opens the page, but fetched soon after, so that a lost connection cannot keep them away. */
import type { Component } from 'svelte';

import type { Session } from '../../state/session.svelte';

type Later<Props extends Record<string, unknown>> = Promise<{ default: Component<Props> }>;

export const helpSheet = (): Later<{ session: Session; onClose: () => void }> =>
  import('./HelpSheet.svelte');
export const settingsDialog = (): Later<{ session: Session }> => import('./SettingsDialog.svelte');

const REST_MS = 3000;

export function fetchLater(): void {
  setTimeout(() => {
    for (const fetched of [helpSheet(), settingsDialog()]) fetched.catch(() => undefined);
  }, REST_MS);
}
