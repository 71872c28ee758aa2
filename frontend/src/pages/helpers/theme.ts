/** Theme: follow the system, or keep the person's choice. The cookie lets the server render the right theme at once. */
type Theme = '' | 'light' | 'dark';

const KEY = 'spotter-theme';
const NEXT: Record<Theme, Theme> = { '': 'light', light: 'dark', dark: '' };
const LABEL: Record<Theme, string> = {
  '': 'Theme: system',
  light: 'Theme: light',
  dark: 'Theme: dark',
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
    button.textContent = LABEL[theme];
  }
}
