/**
 * How the workbench meets this person: their own choice, else their organisation's, else Spotter's.
 *
 * A change counts at once, lies on the person's shelf until the server has it, and is sent field by field: windows
 * share the shelf, so the newest write of a field wins and no window undoes another's other fields.
 */
import { Problem } from '../api/problem';
import type { Preferences as Own, PersonPreferences } from '../api/types';
import { backoffMs } from '../core/backoff';
import type { Shelf } from './shelf';

export type PreferenceName = keyof typeof BUILT_IN;
/** Those that are on or off. */
export type Switch = {
  [Name in PreferenceName]: (typeof BUILT_IN)[Name] extends boolean ? Name : never;
}[PreferenceName];
export type Chosen = { [Name in PreferenceName]?: (typeof BUILT_IN)[Name] };
/** null takes a choice back. */
export type Change = { [Name in PreferenceName]?: (typeof BUILT_IN)[Name] | null };

/** What counts where nobody chose. */
export const BUILT_IN = {
  muted: false as boolean,
  blurred: false as boolean,
  greyscale: false as boolean,
  reveal_held: false as boolean,
  small_player: false as boolean,
  offer_breaks: true as boolean,
  language: '' as '' | 'en' | 'zh-hans',
  speed: 1 as number,
  preset: 'spotter' as 'spotter' | 'via3',
  go_on: false as boolean,
  keys: {} as Record<string, string[]>,
  lanes: {} as Record<string, 'always' | 'never'>,
};

const UNSENT = 'spotter-preferences-unsent';
const DELAY_MS = 600;
/** A refusal is no reason to hammer, but logging in again heals some of them. */
const REFUSED_MS = 60_000;

interface Unsent {
  value: unknown;
  at: number;
}

export interface PreferencesPorts {
  save: (change: Own) => Promise<PersonPreferences>;
  shelf: Pick<Shelf, 'getItem' | 'setItem' | 'removeItem'>;
  now?: () => number;
}

export class Preferences {
  own = $state.raw<Chosen>({});
  readonly defaults: Chosen;
  private readonly ports: PreferencesPorts;
  /** What the shelf keeps too, unless the browser keeps nothing. */
  private unsent = $state.raw<Record<string, Unsent>>({});
  private timer: ReturnType<typeof setTimeout> | null = null;
  /** The last try to save failed; what was chosen is kept in this browser. */
  failing = $state(false);
  private failures = 0;
  private shelfless = false;
  private sending: Promise<void> = Promise.resolve();

  constructor(known: PersonPreferences, ports: PreferencesPorts) {
    this.ports = ports;
    this.defaults = chosenOf(known.defaults);
    this.unsent = this.kept();
    this.own = withUnsent(chosenOf(known.own), this.unsent);
    if (this.waiting) this.schedule(DELAY_MS);
  }

  get muted(): boolean {
    return this.effective('muted');
  }
  get blurred(): boolean {
    return this.effective('blurred');
  }
  get greyscale(): boolean {
    return this.effective('greyscale');
  }
  get reveal_held(): boolean {
    return this.effective('reveal_held');
  }
  get small_player(): boolean {
    return this.effective('small_player');
  }
  get offer_breaks(): boolean {
    return this.effective('offer_breaks');
  }
  get language(): (typeof BUILT_IN)['language'] {
    return this.effective('language');
  }
  get speed(): number {
    return this.effective('speed');
  }
  get preset(): (typeof BUILT_IN)['preset'] {
    return this.effective('preset');
  }
  get go_on(): boolean {
    return this.effective('go_on');
  }
  get keys(): (typeof BUILT_IN)['keys'] {
    return this.effective('keys');
  }
  get lanes(): (typeof BUILT_IN)['lanes'] {
    return this.effective('lanes');
  }

  effective<Name extends PreferenceName>(name: Name): (typeof BUILT_IN)[Name] {
    return this.own[name] ?? this.byDefault(name);
  }

  /** What counts for whoever chose nothing here. */
  byDefault<Name extends PreferenceName>(name: Name): (typeof BUILT_IN)[Name] {
    return this.defaults[name] ?? BUILT_IN[name];
  }

  isOwn(name: PreferenceName): boolean {
    return this.own[name] !== undefined;
  }

  /** Something is not with the server yet. */
  get waiting(): boolean {
    return Object.keys(this.unsent).length > 0;
  }

  set(change: Change): void {
    const at = this.now();
    const fresh = Object.entries(change).map(([name, value]): [string, Unsent] => [
      name,
      { value, at },
    ]);
    this.unsent = { ...this.kept(), ...Object.fromEntries(fresh) };
    this.own = withUnsent(this.own, this.unsent);
    this.keep();
    this.schedule(DELAY_MS);
  }

  /** Follow the organisation's default again. */
  reset(...names: PreferenceName[]): void {
    this.set(Object.fromEntries(names.map((name) => [name, null])));
  }

  /** Another window of the same person changed the shelf. */
  changedElsewhere(): void {
    this.unsent = this.kept();
    this.own = withUnsent(this.own, this.unsent);
  }

  /** One after the other: an older answer that comes later would take a newer choice back. */
  flush(): Promise<void> {
    this.stop();
    this.sending = this.sending.then(() => this.send());
    return this.sending;
  }

  private async send(): Promise<void> {
    this.stop();
    if (!this.waiting) return;
    const sent = this.unsent;
    try {
      const known = await this.ports.save(changeOf(sent));
      this.failures = 0;
      this.failing = false;
      this.forget(sent);
      this.own = withUnsent(chosenOf(known.own), this.unsent);
      if (this.waiting) this.schedule(DELAY_MS);
    } catch (error) {
      this.failed(error, sent);
    }
  }

  stop(): void {
    if (this.timer !== null) clearTimeout(this.timer);
    this.timer = null;
  }

  private failed(error: unknown, sent: Record<string, Unsent>): void {
    // What the server does not accept would only stand in the way of everything after it.
    if (error instanceof Problem && error.status === 422) return this.forget(sent);
    this.failures += 1;
    this.failing = true;
    const temporary = !(error instanceof Problem) || error.temporary;
    this.schedule(temporary ? backoffMs(this.failures) : REFUSED_MS);
  }

  /** Drops what was sent, except where a newer write has come since. */
  private forget(sent: Record<string, Unsent>): void {
    const still = Object.entries(this.kept()).filter(([name, { at }]) => sent[name]?.at !== at);
    this.unsent = Object.fromEntries(still);
    this.keep();
  }

  private schedule(delay: number): void {
    this.stop();
    this.timer = setTimeout(() => void this.flush(), delay);
  }

  private kept(): Record<string, Unsent> {
    if (this.shelfless) return this.unsent;
    try {
      const found: unknown = JSON.parse(this.ports.shelf.getItem(UNSENT) ?? '{}');
      return typeof found === 'object' && found !== null ? (found as Record<string, Unsent>) : {};
    } catch {
      return this.unsent;
    }
  }

  private keep(): void {
    try {
      if (this.waiting) this.ports.shelf.setItem(UNSENT, JSON.stringify(this.unsent));
      else this.ports.shelf.removeItem(UNSENT);
    } catch {
      // A browser that keeps nothing still reviews, and this window still remembers.
      this.shelfless = true;
    }
  }

  private now(): number {
    return this.ports.now?.() ?? Date.now();
  }
}

const changeOf = (unsent: Record<string, Unsent>): Own =>
  Object.fromEntries(Object.entries(unsent).map(([name, { value }]) => [name, value]));

/** The wire may say null for "not chosen". */
const chosenOf = (wire: object): Chosen =>
  Object.fromEntries(Object.entries(wire).filter(([, value]) => value !== null));

function withUnsent(own: Chosen, unsent: Record<string, Unsent>): Chosen {
  return chosenOf({ ...own, ...changeOf(unsent) });
}
