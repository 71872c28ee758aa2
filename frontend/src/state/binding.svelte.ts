/** Giving an action another key: it is asked for, pressed, and taken from another action only when that is meant. */
import { ACTIONS, type Action } from '../core/actions';
import { chordToBind, chordWords, isModifier, refusalOf, type KeyPress } from '../core/keymap';
import { t } from '../core/words';
import type { Keys } from './keys.svelte';

export class Binding {
  asked = $state<Action | null>(null);
  /** A key that another action has; it changes hands at a second press. */
  taken = $state.raw<{ chord: string; holder: Action } | null>(null);
  /** What happened, or is expected, in a sentence. */
  sentence = $state('');

  constructor(private readonly keys: Keys) {}

  ask(action: Action): void {
    this.asked = action;
    this.taken = null;
    this.sentence = t('Press the new key for “{action}”. Esc leaves it as it is.', {
      action: wordsOf(action),
    });
  }

  leave(): void {
    this.asked = null;
    this.taken = null;
    this.sentence = '';
  }

  /** Answers whether the press was meant for this. */
  press(press: KeyPress): boolean {
    if (this.asked === null || isModifier(press.key)) return false;
    if (press.key === 'Tab') {
      this.leave();
      return false;
    }
    const chord = chordToBind(press);
    if (chord === 'escape') this.leave();
    else if (this.taken && (chord === 'enter' || chord === this.taken.chord)) this.take();
    else this.consider(this.asked, chord);
    return true;
  }

  take(): void {
    const { asked, taken } = this;
    if (asked && taken) this.give(asked, taken.chord, taken.holder);
  }

  restore(action: Action): void {
    this.leave();
    this.keys.restore(action);
    this.sentence = t('“{action}” has its usual keys again.', { action: wordsOf(action) });
  }

  private consider(action: Action, chord: string): void {
    const refusal = refusalOf(chord);
    const holder = refusal === null ? this.keys.holder(chord, action) : null;
    this.taken = holder && { chord, holder };
    if (refusal !== null) this.sentence = refusal;
    else if (holder === null) this.give(action, chord, null);
    else {
      this.sentence = t('{key} is the key for “{other}”. Press it again to take it from there.', {
        key: chordWords(chord),
        other: wordsOf(holder),
      });
    }
  }

  private give(action: Action, chord: string, holder: Action | null): void {
    this.keys.bind(action, chord);
    this.leave();
    const places = { key: chordWords(chord), action: wordsOf(action) };
    this.sentence = t('{key} is now the key for “{action}”.', places);
    if (holder === null || this.keys.all(holder).length > 0) return;
    const left = t('“{other}” has no key any more.', { other: wordsOf(holder) });
    this.sentence = `${this.sentence} ${left}`;
  }
}

const wordsOf = (action: Action): string => t(ACTIONS[action][1]);
