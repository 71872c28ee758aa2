/** How gently picture and sound come, now and from now on: what the keys, the buttons and the settings do. */
import { t } from '../core/words';
import type { Messages } from './messages.svelte';
import type { Playback } from './playback.svelte';
import type { Chosen, PreferenceName, Preferences } from './preferences.svelte';

interface Parts {
  readonly playback: Playback;
  readonly preferences: Preferences;
  readonly messages: Messages;
}

const AT_HAND = ['muted', 'blurred', 'greyscale'] as const;

export class Gentle {
  settingsOpen = $state(false);

  constructor(private readonly parts: Parts) {}

  get small(): boolean {
    return this.parts.preferences.small_player;
  }

  toggleSmall(): void {
    this.parts.preferences.set({ small_player: !this.small });
  }

  /** A blur that clears only while a key is held is not switched off in passing. */
  toggleBlur(): void {
    const { playback, preferences, messages } = this.parts;
    if (playback.blurred && preferences.reveal_held) {
      return messages.say(
        t('Blur clears only while its key is held. The settings can change that.'),
      );
    }
    playback.blurred = !playback.blurred;
  }

  /** Lifts the blur as long as somebody holds on; in a tab out of sight nobody does. */
  hold(holding: boolean): void {
    const { playback } = this.parts;
    playback.revealed = holding && playback.blurred;
  }

  /** Chosen in the settings: kept for every video, and followed by the one at hand. */
  choose(part: Chosen): void {
    this.parts.preferences.set(part);
    this.follow(Object.keys(part) as PreferenceName[]);
  }

  /** Back to what the organisation chose. */
  followDefault(name: PreferenceName): void {
    this.parts.preferences.reset(name);
    this.follow([name]);
  }

  private follow(names: PreferenceName[]): void {
    const { playback, preferences } = this.parts;
    for (const name of AT_HAND.filter((each) => names.includes(each))) {
      if (name === 'muted') playback.setMuted(preferences.muted);
      else playback[name] = preferences[name];
    }
  }
}
