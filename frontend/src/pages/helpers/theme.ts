/** Theme: follow the system, or keep the person's choice. The cookie lets the server render the right theme at once. */
import { msg, t } from '../../core/words';

type Theme = '' | 'light' | 'dark';

const KEY = 'spotter-theme';
const NEXT: Record<Theme, Theme> = { '': 'light', light: 'dark', dark: '' };
const LABEL: Record<Theme, string> = {
  '': msg('Theme: system'),
  light: msg('Theme: light'),
  dark: msg('Theme: dark'),
};

export function installTheme(): void {
  apply(stored());
  document.addEventListener('click', (event) => {
    if (!(event.target as Element).closest('[data-theme-toggle]')) return;
    const next = NEXT[stored()];
    localStorage.setItem(KEY, next);
    document.cookie = `spotter_theme=${next}; path=/; max-age=31536000; samesite=lax`;
    apply(next);
  });
}

function stored(): Theme {
  const value = localStorage.getItem(KEY);
  return value === 'light' || value === 'dark' ? value : '';
}

function apply(theme: Theme): void {
  if (theme) document.documentElement.dataset['theme'] = theme;
  else delete document.documentElement.dataset['theme'];
  for (const button of document.querySelectorAll('[data-theme-toggle]')) {
    button.textContent = t(LABEL[theme]);
  }
}
