/** One person's part of localStorage: on a shared computer nobody is offered somebody else's draft. */
import type { Shelf } from '../../state/shelf';

export function shelfOf(user: string): Shelf {
  const prefix = `spotter:${user}:`;
  const own = () => Object.keys(localStorage).filter((key) => key.startsWith(prefix));
  return {
    get length() {
      return own().length;
    },
    key: (index) => own()[index]?.slice(prefix.length) ?? null,
    getItem: (key) => localStorage.getItem(prefix + key),
    setItem: (key, value) => localStorage.setItem(prefix + key, value),
    removeItem: (key) => localStorage.removeItem(prefix + key),
  };
}
