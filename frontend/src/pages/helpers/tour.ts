/** First-use tour: a few words beside things on the page, shown once per browser and name. */
import { csrfToken } from '../../api/csrf';
import { t } from '../../core/words';

interface Step {
  target: string;
  title: string;
  text: string;
}

const seenKey = (name: string) => `spotter-tour-${name}`;

export function installTour(): void {
  for (const script of document.querySelectorAll<HTMLScriptElement>('script[data-tour]')) {
    const name = script.dataset['tour'] ?? '';
    // The server remembers too, so that another browser does not begin again.
    const seen = 'seen' in script.dataset || localStorage.getItem(seenKey(name));
    if (!seen) new Tour(script).show(0);
  }
  document.addEventListener('click', (event) => {
    const button = (event.target as Element).closest<HTMLElement>('[data-tour-start]');
    const name = button?.dataset['tourStart'];
    const script = name && document.querySelector<HTMLScriptElement>(`script[data-tour="${name}"]`);
    if (script) new Tour(script).show(0);
  });
}

class Tour {
  private readonly steps: Step[];
  private box: HTMLElement | null = null;
  private marked: Element | null = null;
  private readonly before = document.activeElement;
  private readonly replace = () => {
    if (this.box && this.marked) place(this.box, this.marked.getBoundingClientRect());
  };

  constructor(private readonly script: HTMLScriptElement) {
    const steps = JSON.parse(script.textContent || '[]') as Step[];
    this.steps = steps.filter((step) => document.querySelector(step.target));
  }

  show(index: number): void {
    this.clear();
    const step = this.steps[index];
    if (!step) return this.finish();
    const target = document.querySelector(step.target);
    if (!target) return this.show(index + 1);
    target.classList.add('tour-target');
    target.scrollIntoView({ block: 'center' });
    this.marked = target;
    this.box = this.build(step, index);
    document.body.append(this.box);
    this.replace();
    addEventListener('resize', this.replace);
    this.box.querySelector<HTMLButtonElement>('.button--primary')?.focus();
  }

  private build(step: Step, index: number): HTMLElement {
    const last = index === this.steps.length - 1;
    const box = document.createElement('div');
    box.className = 'tour';
    box.setAttribute('role', 'dialog');
    box.setAttribute('aria-label', step.title);
    const title = element('h2', step.title);
    const count = element(
      'span',
      t('{n} of {all}', { n: index + 1, all: this.steps.length }),
      'tour__count',
    );
    const row = element('div', '', 'row row--spread');
    const stop = element('button', t('Skip the tour'), 'button button--quiet button--small');
    const next = element(
      'button',
      last ? t('Done') : t('Next'),
      'button button--primary button--small',
    );
    stop.addEventListener('click', () => this.finish());
    next.addEventListener('click', () => this.show(index + 1));
    box.addEventListener('keydown', (event) => {
      if (event.key === 'Escape') this.finish();
    });
    row.append(last ? count : stop, next);
    if (!last) box.append(count);
    box.append(title, element('p', step.text), row);
    return box;
  }

  private clear(): void {
    removeEventListener('resize', this.replace);
    this.box?.remove();
    this.box = null;
    this.marked?.classList.remove('tour-target');
  }

  private finish(): void {
    this.clear();
    if (this.before instanceof HTMLElement) this.before.focus();
    localStorage.setItem(seenKey(this.script.dataset['tour'] ?? ''), 'yes');
    const url = this.script.dataset['doneUrl'];
    if (!url) return;
    void fetch(url, { method: 'POST', headers: { 'X-CSRFToken': csrfToken() } }).catch(
      () => undefined,
    );
  }
}

function element(tag: string, text: string, className = ''): HTMLElement {
  const made = document.createElement(tag);
  made.textContent = text;
  made.className = className;
  return made;
}

/** Where the page's heading and the words below it end. */
function headingWords(): { right: number; bottom: number } {
  const words = [...document.querySelectorAll('.page-head h1, .page-head__lead')].map((each) => {
    const range = document.createRange();
    range.selectNodeContents(each);
    return range.getBoundingClientRect();
  });
  return {
    right: Math.max(0, ...words.map((each) => each.right)),
    bottom: Math.max(0, ...words.map((each) => each.bottom)),
  };
}

/**
 * Below the target when there is room, above it or inside its lower end otherwise; always inside the window, and
 * beside or below the page's heading rather than over it.
 */
function place(box: HTMLElement, target: DOMRect): void {
  const size = box.getBoundingClientRect();
  const below = target.bottom + 12;
  const above = target.top - size.height - 12;
  const heading = headingWords();
  const room = innerWidth - size.width - 8;
  const beside = target.bottom < heading.bottom && heading.right + 12 <= room;
  const start = beside ? Math.max(target.left, heading.right + 12) : target.left;
  const left = Math.min(Math.max(8, start), room);
  const lowest = beside ? below : Math.max(below, heading.bottom + 12);
  const fits = lowest + size.height < innerHeight;
  const top = fits ? lowest : above > heading.bottom ? above : target.bottom - size.height - 12;
  box.style.top = `${Math.max(8, Math.min(top, innerHeight - size.height - 8))}px`;
  box.style.left = `${left}px`;
}
