/** Hints, segments and peaks on the canvas. Origin and state show in colour, in the border and in a sign; never in colour alone. */
import { scoreWord } from '../core/format';
import { LEAST_PX } from '../core/hit';
import type { Outcome } from '../core/hints';
import type { Interval } from '../core/interval';
import type { Hint, Segment } from '../core/segments';
import type { Spans } from '../core/spans';
import type { LaneThings } from '../state/lanes.svelte';
import type { Pane } from './canvas';
import type { Colours } from './palette.svelte';

export type Under =
  | { kind: 'hint'; slug: string; item: Hint }
  | { kind: 'segment'; slug: string; item: Segment }
  | { kind: 'peak'; slug: string; item: Interval };

export interface ThingRow {
  slug: string;
  colour: string;
  top: number;
  height: number;
  things: LaneThings;
}

/** What the person does with the things at the moment, and what became of them. */
export interface Doings {
  outcome: (hint: Hint) => Outcome;
  isAdjusted: (segment: Segment) => boolean;
  isLit: (hint: Hint) => boolean;
  /** Drawn over the others, with the edge that keys nudge. */
  chosen: Hint | Segment | null;
  edge: 'start' | 'end' | null;
  /** Drawn where the hand has it, which may be far from where it was. */
  dragged: { item: Hint | Segment; slug: string; bounds: Interval } | null;
  under: Under | null;
  blocked: readonly Interval[];
}

export const CAP_PX = 9;
const TOP = 11;
const BOTTOM = 3;
/** Narrower ones have no room for a border of their own. */
const BOX_PX = 7;
const SIGN_PX = 16;
const FONT = '11px Inter, ui-sans-serif, system-ui, "Liberation Sans", "DejaVu Sans", sans-serif';
const DASHES = [4, 3];
const SOLID: number[] = [];

interface Box {
  isHint: boolean;
  colour: string;
  left: number;
  width: number;
  top: number;
  height: number;
  rejected: boolean;
  fill: number;
  line: number;
  sign: string;
  words: string;
  chosen: boolean;
  under: boolean;
}

export class ThingPainter {
  private hatch: CanvasPattern | null = null;
  private hatchOf = '';
  private readonly widths = new Map<string, number>();
  private context!: CanvasRenderingContext2D;
  private pane!: Pane;
  private colours!: Colours;
  private doings!: Doings;

  paint(
    context: CanvasRenderingContext2D,
    pane: Pane,
    colours: Colours,
    rows: readonly ThingRow[],
    doings: Doings,
  ): void {
    Object.assign(this, { context, pane, colours, doings });
    context.font = FONT;
    context.textBaseline = 'top';
    for (const row of rows) this.row(row);
  }

  private row(row: ThingRow): void {
    const { chosen, dragged, blocked } = this.doings;
    this.peaks(row);
    this.each(row.things.hints, (hint) => this.box(this.hintBox(row, hint)));
    this.each(row.things.segments, (segment) => this.box(this.segmentBox(row, segment)));
    const item = dragged?.item ?? chosen;
    if (!item || item.violation_type !== row.slug) return;
    if (dragged) for (const each of blocked) this.clash(row, each);
    this.box('rank' in item ? this.hintBox(row, item) : this.segmentBox(row, item));
  }

  private x(ms: number): number {
    const { view, width } = this.pane;
    return ((ms - view.start_ms) / (view.end_ms - view.start_ms)) * width;
  }

  /** Those in sight; of many that share a pixel only the first is painted. */
  private each<T extends Interval>(spans: Spans<T>, paint: (item: T) => void): void {
    const { view } = this.pane;
    const chosen: Interval | null = this.doings.chosen;
    const dragged: Interval | undefined = this.doings.dragged?.item;
    const least = (view.end_ms - view.start_ms) / this.pane.width;
    let covered = -Infinity;
    for (let at = spans.from(view.start_ms), end = spans.until(view.end_ms); at < end; at += 1) {
      const item = spans.items[at];
      if (!item || item === chosen || item === dragged) continue;
      if (item.start_ms < covered && item.end_ms - item.start_ms < least) continue;
      covered = item.start_ms + least;
      paint(item);
    }
  }

  private peaks(row: ThingRow): void {
    const { context, doings } = this;
    context.fillStyle = row.colour;
    this.each(row.things.peaks, (peak) => {
      const left = this.x(peak.start_ms);
      const width = Math.max(4, this.x(peak.end_ms) - left);
      const under = doings.under?.kind === 'peak' && doings.under.item === peak;
      context.globalAlpha = under ? 0.2 : 0.38;
      context.fillRect(left, row.top, width, under ? row.height - BOTTOM : CAP_PX);
      context.globalAlpha = 1;
      context.fillRect(left, row.top, width, 3);
    });
  }

  private hintBox(row: ThingRow, hint: Hint): Box {
    const { doings } = this;
    const rejected = doings.outcome(hint) === 'rejected';
    const lit = doings.isLit(hint);
    return {
      ...this.placed(row, hint),
      isHint: true,
      rejected,
      fill: lit ? 0.24 : 0.08,
      line: lit ? 2 : 1.5,
      sign: rejected ? '✕' : String(hint.rank),
      words: rejected ? '' : ` · ${scoreWord(hint.score)}`,
    };
  }

  private segmentBox(row: ThingRow, segment: Segment): Box {
    const sign = segment.origin !== 'hint' ? '●' : this.doings.isAdjusted(segment) ? '◈' : '◆';
    const box = this.placed(row, segment);
    return { ...box, isHint: false, rejected: false, fill: 0.42, line: 1.5, sign, words: '' };
  }

  private placed(row: ThingRow, item: Hint | Segment) {
    const { chosen, dragged, under } = this.doings;
    const { start_ms, end_ms } = dragged?.item === item ? dragged.bounds : item;
    // Borders far outside need not be drawn; dashes cost by their length.
    const left = Math.max(this.x(start_ms), -20);
    const right = Math.min(this.x(end_ms), this.pane.width + 20);
    return {
      colour: row.colour,
      left,
      width: Math.max(LEAST_PX, right - left),
      top: row.top + TOP,
      height: row.height - TOP - BOTTOM,
      chosen: chosen === item,
      under: under?.item === item,
    };
  }

  private box(box: Box): void {
    if (box.width < BOX_PX) this.sliver(box);
    else this.wide(box);
    if (box.chosen) this.outline(box);
  }

  /** Thin: a dashed line for a hint, a full one for a segment. */
  private sliver({ isHint, colour, left, width, top, height, rejected, under }: Box): void {
    const { context } = this;
    context.fillStyle = rejected ? this.colours['line-strong'] : colour;
    context.globalAlpha = rejected ? 0.55 : under ? 1 : 0.85;
    const dash = isHint ? 4 : height;
    for (let y = 0; y < height; y += dash + 3) {
      context.fillRect(left, top + y, width, Math.min(dash, height - y));
    }
    context.globalAlpha = 1;
  }

  private wide(box: Box): void {
    const { context } = this;
    const { left, width, top, height, rejected } = box;
    context.beginPath();
    context.roundRect(left + 0.75, top + 0.75, width - 1.5, height - 1.5, 4);
    context.fillStyle = rejected ? this.hatched() : box.colour;
    context.globalAlpha = rejected ? 0.55 : box.fill + (box.under ? 0.1 : 0);
    context.fill();
    context.globalAlpha = rejected ? 0.55 : 1;
    context.strokeStyle = rejected ? this.colours['line-strong'] : box.colour;
    context.lineWidth = box.line;
    context.setLineDash(box.isHint ? DASHES : SOLID);
    context.stroke();
    context.setLineDash(SOLID);
    if (width > SIGN_PX) this.sign(box);
    context.globalAlpha = 1;
  }

  /** The sign, and the words where all of them fit; at the left edge of what can be seen of it. */
  private sign({ left, width, top, sign, words }: Box): void {
    const { context } = this;
    const from = Math.max(left, 0) + 5;
    const room = left + width - 5 - from;
    const text = words && this.measured(sign + words) <= room ? sign + words : sign;
    if (this.measured(text) > room) return;
    context.fillStyle = this.colours.text;
    context.fillText(text, from, top + 3);
  }

  private measured(text: string): number {
    const known = this.widths.get(text);
    if (known !== undefined) return known;
    const { width } = this.context.measureText(text);
    this.widths.set(text, width);
    return width;
  }

  private outline({ left, width, top, height, rejected }: Box): void {
    const { context, doings } = this;
    context.strokeStyle = context.fillStyle = this.colours.text;
    context.lineWidth = 2;
    context.beginPath();
    context.roundRect(left - 1.5, top - 1.5, width + 3, height + 3, 5);
    context.stroke();
    if (!doings.edge || rejected || width < BOX_PX) return;
    const x = doings.edge === 'start' ? left - 1 : left + width - 3;
    context.fillRect(x, top + height * 0.15, 4, height * 0.7);
  }

  /** Where a dragged one would lie over one of its own type. */
  private clash(row: ThingRow, { start_ms, end_ms }: Interval): void {
    const { context } = this;
    const left = Math.max(-2, this.x(start_ms));
    const right = Math.min(this.pane.width + 2, this.x(end_ms));
    context.strokeStyle = this.colours.danger;
    context.lineWidth = 2;
    context.strokeRect(
      left,
      row.top + TOP,
      Math.max(LEAST_PX, right - left),
      row.height - TOP - BOTTOM,
    );
  }

  private hatched(): CanvasPattern | string {
    const colour = this.colours['line-strong'];
    if (this.hatch && this.hatchOf === colour) return this.hatch;
    const tile = document.createElement('canvas');
    tile.width = tile.height = 6;
    const context = tile.getContext('2d');
    if (!context) return 'transparent';
    context.strokeStyle = colour;
    context.globalAlpha = 0.3;
    context.beginPath();
    for (const shift of [-6, 0, 6]) {
      context.moveTo(shift, 6);
      context.lineTo(shift + 6, 0);
    }
    context.stroke();
    this.hatch = this.context.createPattern(tile, 'repeat');
    this.hatchOf = colour;
    return this.hatch ?? 'transparent';
  }
}
