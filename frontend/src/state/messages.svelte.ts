/** Short messages to the reviewer; the newest few stay until they expire or are answered. */
export type Tone = 'info' | 'warn' | 'danger';

export interface Message {
  id: number;
  text: string;
  tone: Tone;
  action: { label: string; run: () => void } | null;
}

const MOST = 3;
const SHORT_MS = 4000;
/** With a decision to make, there is more to read. */
const LONG_MS = 12_000;

export class Messages {
  list = $state.raw<Message[]>([]);
  private count = 0;

  say(text: string, tone: Tone = 'info', action: Message['action'] = null): void {
    const id = (this.count += 1);
    const others = this.list.filter((each) => each.text !== text).slice(1 - MOST);
    this.list = [...others, { id, text, tone, action }];
    setTimeout(() => this.drop(id), action || tone !== 'info' ? LONG_MS : SHORT_MS);
  }

  drop(id: number): void {
    this.list = this.list.filter((each) => each.id !== id);
  }

  act(message: Message): void {
    this.drop(message.id);
    message.action?.run();
  }
}
