/** One-attribute helpers: copy, dismiss, submit on change. */
export function installSmallThings(): void {
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
    button.textContent = 'Copied';
  } catch {
    button.textContent = 'Copy it by hand: the browser refused';
  }
  setTimeout(() => (button.textContent = before), 1800);
}
