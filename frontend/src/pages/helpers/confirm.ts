/** Asks before a form with `data-confirm` (on the form or on the pressed button) is sent. */
import { t } from '../../core/words';

export function installConfirm(): void {
  document.addEventListener('submit', (event) => {
    const form = event.target as HTMLFormElement;
    const source = asker(form, event.submitter);
    if (!source || form.dataset['confirmed'] === 'yes') return;
    event.preventDefault();
    void ask(source).then((agreed) => {
      if (agreed) send(form, event.submitter);
    });
  });
}

function asker(form: HTMLFormElement, submitter: HTMLElement | null): HTMLElement | null {
  if (submitter?.dataset['confirm']) return submitter;
  return form.dataset['confirm'] ? form : null;
}

function send(form: HTMLFormElement, submitter: HTMLElement | null): void {
  form.dataset['confirmed'] = 'yes';
  form.requestSubmit(submitter);
  delete form.dataset['confirmed'];
}

function ask(source: HTMLElement): Promise<boolean> {
  const dialog = document.createElement('dialog');
  dialog.className = 'dialog';
  const question = document.createElement('p');
  question.textContent = source.dataset['confirm'] ?? '';
  const actions = document.createElement('div');
  actions.className = 'dialog__actions';
  const danger = 'confirmDanger' in source.dataset;
  actions.append(
    choice(t('Cancel'), 'no', 'button'),
    choice(
      source.dataset['confirmLabel'] ?? t('Continue'),
      'yes',
      danger ? 'button button--danger' : 'button button--primary',
    ),
  );
  const form = document.createElement('form');
  form.method = 'dialog';
  form.append(question, actions);
  dialog.append(form);
  dialog.setAttribute('aria-label', t('Please confirm'));
  document.body.append(dialog);
  dialog.showModal();
  return new Promise((resolve) => {
    dialog.addEventListener('close', () => {
      dialog.remove();
      resolve(dialog.returnValue === 'yes');
    });
  });
}

function choice(label: string, value: string, className: string): HTMLButtonElement {
  const button = document.createElement('button');
  button.className = className;
  button.value = value;
  button.textContent = label;
  return button;
}
