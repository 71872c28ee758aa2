/** From key presses to named actions. Typing in a field never triggers one. */
import { mayRepeat, type Action } from '../../core/actions';
import { actionFor, type Keymap } from '../../core/keymap';

const TYPING =
  'textarea, select, [role="textbox"], [role="searchbox"], [role="combobox"], ' +
  'input:not([type="range"], [type="checkbox"], [type="radio"], [type="button"], [type="submit"])';
/** They move by arrows on their own. */
const ARROWED = 'input[type="range"], [role="menu"] *, [role="listbox"] *';
const PRESSED = 'button, a, summary, input, [role="button"]';

export interface KeyPorts {
  keymap: () => Keymap;
  act: (action: Action) => void;
  /** The key of an action was let go. */
  release: (action: Action) => void;
  activity: () => void;
}

export function listenToKeys({ keymap, act, release, activity }: KeyPorts): { stop: () => void } {
  const scope = new AbortController();
  const { signal } = scope;
  const held = new Map<string, Action>();
  // Who came to a button by Tab expects Space to press it; who came by mouse expects Space to play.
  let tabbed = false;

  const onKey = (event: KeyboardEvent): void => {
    activity();
    if (event.key === 'Tab') tabbed = true;
    const action = actionFor(event, keymap());
    if (!action || event.defaultPrevented || isComposing(event)) return;
    if (!mayAct(event, action, tabbed)) return;
    event.preventDefault();
    // A key held a moment too long must not answer the question that its first press led to.
    if (event.repeat && !mayRepeat(action)) return;
    held.set(event.code, action);
    act(action);
  };
  const letGo = (code: string): void => {
    const action = held.get(code);
    held.delete(code);
    if (action) release(action);
  };
  const letAllGo = (): void => [...held.keys()].forEach(letGo);
  const pointed = (): void => {
    tabbed = false;
    activity();
  };

  addEventListener('keydown', onKey, { signal });
  addEventListener('keyup', (event) => letGo(event.code), { signal });
  // The key may be let go where this page does not hear of it.
  addEventListener('blur', letAllGo, { signal });
  document.addEventListener('visibilitychange', letAllGo, { signal });
  addEventListener('pointerdown', pointed, { signal, capture: true });
  for (const kind of ['pointermove', 'wheel'] as const) {
    addEventListener(kind, activity, { signal, passive: true });
  }
  return {
    stop: () => {
      letAllGo();
      scope.abort();
    },
  };
}

/** Some browsers tell of a key that an input method takes only by this old number. */
const isComposing = (event: KeyboardEvent): boolean => event.isComposing || event.keyCode === 229;

function mayAct(event: KeyboardEvent, action: Action, tabbed: boolean): boolean {
  const target = event.target instanceof HTMLElement ? event.target : document.body;
  if (document.querySelector('dialog[open]')) return false;
  if (target.isContentEditable || target.closest(TYPING)) {
    return mayWhileTyping(action, target, event.ctrlKey || event.metaKey);
  }
  if (event.key.startsWith('Arrow')) {
    return !target.matches(tabbed ? `${ARROWED}, input[type="radio"]` : ARROWED);
  }
  return !(tabbed && isPress(event) && target.closest(PRESSED));
}

/** Submitting from the notes is one thing a person does mean while typing; its key may have become a letter. */
function mayWhileTyping(action: Action, target: HTMLElement, ctrl: boolean): boolean {
  if (action === 'cancel') target.blur();
  return action === 'submit' && ctrl;
}

const isPress = ({ key, ctrlKey, metaKey }: KeyboardEvent): boolean =>
  (key === ' ' || key === 'Enter') && !ctrlKey && !metaKey;
