/** One-attribute helpers: copy, dismiss, submit on change; and the word that nothing is waiting after the last review. */
import { t } from '../../core/words';

export function installSmallThings(): void {
  tellNothingWaiting();
  document.addEventListener('click', (event) => {
    const target = event.target as Element;
    const copy = target.closest<HTMLElement>('[data-copy]');
    if (copy) void copyFrom(copy);
    target.closest('[data-dismiss]')?.closest('.notice')?.remove();
  });
  document.addEventListener('change', (event) => {
    const field = event.target as HTMLInputElement | HTMLSelectElement;
    if (field.matches('[data-autosubmit]')) field.form?.requestSubmit();
  });
}

async function copyFrom(button: HTMLElement): Promise<void> {
  const before = button.textContent;
  try {
    await navigator.clipboard.writeText(button.dataset['copy'] ?? '');
    button.textContent = t('Copied');
  } catch {
    button.textContent = t('Copy it by hand: the browser refused');
  }
  setTimeout(() => (button.textContent = before), 1800);
}

/** The workbench leads here when the queue is empty; the address is cleaned so that a reload does not say it again. */
function tellNothingWaiting(): void {
  const url = new URL(location.href);
  const after = url.searchParams.get('nothing_waiting');
  if (after === null) return;
  url.searchParams.delete('nothing_waiting');
  history.replaceState(null, '', url);
  const notice = document.createElement('div');
  notice.className = 'notice notice--ok';
  notice.setAttribute('role', 'status');
  notice.dataset['testid'] = 'nothing-waiting';
  notice.textContent =
    after === 'skipped'
      ? t('The video went back to the queue. Nothing else is waiting for you right now.')
      : t('Your review was sent. Nothing is waiting for you right now.');
  document.querySelector('.page')?.prepend(notice);
}
