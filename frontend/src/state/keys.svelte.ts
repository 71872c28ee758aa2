/** This person's keys: a preset, what they changed of it, and the words for both wherever a key is named. */
import {
  bind,
  holderOf,
  keymapOf,
  keysFor,
  restore,
  type Action,
  type Keymap,
  type Preset,
} from '../core/keymap';
import type { Preferences } from './preferences.svelte';

type Kept = Pick<Preferences, 'preset' | 'keys' | 'set'>;

export class Keys {
  readonly map: Keymap = $derived.by(() => keymapOf(this.kept.preset, this.kept.keys));

  constructor(private readonly kept: Kept) {}

  get preset(): Preset {
    return this.kept.preset;
  }

  /** How an action is reached, as printed on the keys; "" when it has no key. */
  of(action: Action): string {
    return this.all(action)[0] ?? '';
  }

  all(action: Action): string[] {
    return keysFor(action, this.map);
  }

  /** "Mute (M)", for tooltips. */
  title(words: string, action: Action): string {
    const keys = this.all(action);
    return keys.length > 0 ? `${words} (${keys.join(', ')})` : words;
  }

  isOwn(action: Action): boolean {
    return action in this.kept.keys;
  }

  get anyOwn(): boolean {
    return Object.keys(this.kept.keys).length > 0;
  }

  holder(chord: string, action: Action): Action | null {
    return holderOf(this.map, chord, action);
  }

  bind(action: Action, chord: string): void {
    this.kept.set({ keys: bind(this.kept.preset, this.kept.keys, action, chord) });
  }

  restore(action: Action): void {
    this.kept.set({ keys: restore(this.kept.preset, this.kept.keys, action) });
  }

  restoreAll(): void {
    this.kept.set({ keys: {} });
  }

  choose(preset: Preset): void {
    this.kept.set({ preset });
  }
}
