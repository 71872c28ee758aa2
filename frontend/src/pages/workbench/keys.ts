/** From key presses to named actions. Typing in a field never triggers one. */
import { actionFor, type Action, type Keymap } from '../../core/keymap';

const TYPING =
  'input:not([type="range"], [type="checkbox"], [type="radio"]), textarea, select, [contenteditable]';

export interface Keys {
  stop: () => void;
}

export function listenToKeys(
  keymap: Keymap,
  act: (action: Action) => void,
  activity: () => void,
): Keys {
  const scope = new AbortController();
  const { signal } = scope;
  // Who came to a button by Tab expects Space to press it; who came by mouse expects Space to play.
  let tabbed = false;
  const onKey = (event: KeyboardEvent): void => {
    activity();
    if (event.key === 'Tab') tabbed = true;
    const action = actionFor(event, keymap);
    if (!action || event.defaultPrevented || event.isComposing) return;
    if (!mayAct(event, action, tabbed)) return;
    event.preventDefault();
    act(action);
  };
  addEventListener('keydown', onKey, { signal });
  addEventListener(
    'pointerdown',
    () => {
      tabbed = false;
      activity();
    },
    { signal, capture: true },
  );
  for (const kind of ['pointermove', 'wheel'] as const) {
    addEventListener(kind, activity, { signal, passive: true });
  }
  return { stop: () => scope.abort() };
}

function mayAct(event: KeyboardEvent, action: Action, tabbed: boolean): boolean {
  // A key held a moment too long must not answer the question that its first press led to.
  if (action === 'submit' && event.repeat) return false;
  const target = event.target instanceof Element ? event.target : document.body;
  if (document.querySelector('dialog[open]')) return action === 'help';
  if (target.closest(TYPING)) {
    if (action === 'cancel') (target as HTMLElement).blur();
    // Submitting from the notes is one thing a person does mean while typing.
    return action === 'submit';
  }
  const ownArrows = tabbed ? 'input[type="range"], input[type="radio"]' : 'input[type="range"]';
  if (target.matches(ownArrows) && event.key.startsWith('Arrow')) return false;
  return !(event.key === ' ' && tabbed && target.closest('button, a, summary, input'));
}
