/** The person's preferences, as the page brought them along: nothing waits for a request. */
import { savePreferences } from '../../api/client';
import type { PersonPreferences } from '../../api/types';
import { takeOver } from '../../state/manner';
import { Preferences } from '../../state/preferences.svelte';
import { shelfOf } from './shelf';

export function openPreferences(user: string): Preferences {
  const shelf = shelfOf(user);
  const preferences = new Preferences(onPage(), { save: savePreferences, shelf });
  takeOver(preferences, shelf);
  addEventListener('storage', () => preferences.changedElsewhere());
  addEventListener('online', () => void preferences.flush());
  return preferences;
}

function onPage(): PersonPreferences {
  const text = document.getElementById('preferences')?.textContent;
  return text ? (JSON.parse(text) as PersonPreferences) : { own: {}, defaults: {} };
}
