/** The lanes of the timeline: which are on the screen, and what each of them holds, ready to be found by time. */
import { regionsAbove } from '../core/curve';
import { grown } from '../core/grown';
import { hintsWithin } from '../core/hints';
import { hull, type Interval } from '../core/interval';
import type { Hint, Segment } from '../core/segments';
import { Spans } from '../core/spans';
import { t, tn } from '../core/words';
import type { Session } from './session.svelte';

export type LaneChoice = 'auto' | 'always' | 'never';

export interface LaneThings {
  /** Shown and not turned into a segment: an accepted or adjusted hint is drawn as its segment. */
  hints: Spans<Hint>;
  segments: Spans<Segment>;
  peaks: Spans<Interval>;
}

export interface FoldedLane {
  slug: string;
  name: string;
  /** Kept away by the person although there is something in it. */
  things: number;
}

const NOTHING = new Spans<never>([]);

export class Lanes {
  /** The folded ones are on the screen too, for now. */
  unfolded = $state(false);
  menuOpen = $state(false);
  /** A lane that held something once stays for as long as the page is open: nothing jumps when a segment goes. */
  private met: ReadonlySet<string> = new Set<string>();
  private readonly hintsByType = $derived.by(() => {
    const { review } = this.session;
    return spansByType(review.shown.filter((hint) => review.ownSegment(hint.id) === null));
  });
  private readonly segmentsByType = $derived.by(() => spansByType(this.session.review.segments));
  /** Found once per threshold, not once per frame: ten hours have many steps. */
  private readonly peaksByType = $derived.by(
    () => new Map([...this.session.curves.keys()].map((slug) => [slug, this.findPeaks(slug)])),
  );
  private readonly busy = $derived.by(() => {
    const { types, review } = this.session;
    const held = new Set([...review.hints, ...review.segments].map((each) => each.violation_type));
    const found = types
      .map(({ slug }) => slug)
      .filter((slug) => held.has(slug) || this.reaches(slug));
    // Mostly the very same set: an edit then leaves the lanes, and their painted curves, as they are.
    this.met = grown(this.met, found);
    return this.met;
  });
  /** In the order of the types' keys. */
  readonly shown = $derived.by(() =>
    this.session.types
      .map((type) => type.slug)
      .filter((slug) => this.unfolded || this.isWanted(slug)),
  );
  /** Those that fold away, whether or not they are unfolded at the moment. */
  readonly folded = $derived.by(() =>
    this.session.types
      .filter(({ slug }) => !this.isWanted(slug))
      .map(({ slug, name }): FoldedLane => ({ slug, name, things: this.count(slug) })),
  );

  constructor(private readonly session: Session) {}

  things(slug: string): LaneThings {
    return {
      hints: this.hintsByType.get(slug) ?? NOTHING,
      segments: this.segmentsByType.get(slug) ?? NOTHING,
      peaks: this.peaksByType.get(slug) ?? NOTHING,
    };
  }

  choice(slug: string): LaneChoice {
    return this.session.preferences.lanes[slug] ?? 'auto';
  }

  /** Remembered for the person, hence also for types that this review does not have. */
  choose(slug: string, choice: LaneChoice): void {
    const { preferences } = this.session;
    const others = Object.entries(preferences.lanes).filter(([each]) => each !== slug);
    const own = choice === 'auto' ? [] : [[slug, choice] as const];
    preferences.set({ lanes: Object.fromEntries([...others, ...own]) });
  }

  /** Level 1 becomes level 2: a peak opens into its prefilled segments. Without hints it is simply where to look. */
  expand(slug: string, region: Interval): void {
    const { review, view, playback, workbench, messages } = this.session;
    const inside = hintsWithin(review.shown, slug, region).sort((a, b) => a.rank - b.rank);
    const hidden = hintsWithin(review.hints, slug, region).length - inside.length;
    review.highlighted = inside.map((hint) => hint.id);
    view.zoomTo(hull([region, ...inside]));
    const first = inside[0];
    if (first) review.selection = { kind: 'hint', id: first.id };
    playback.seekToEdge(first?.start_ms ?? region.start_ms);
    if (hidden > 0) this.offerMore(slug, region, hidden);
    else if (!first && workbench.arm === 'level2') {
      messages.say(t('No hint was made of this peak. Watch it, and mark what you see.'));
    }
  }

  private offerMore(slug: string, region: Interval, hidden: number): void {
    const { review, messages, readOnly } = this.session;
    const words = tn(
      hidden,
      '{n} more hint of this peak is hidden: show more, or lower the score.',
      '{n} more hints of this peak are hidden: show more, or lower the score.',
    );
    const run = () => {
      review.setShowMore(true);
      this.expand(slug, region);
    };
    const helps = !review.showMore && !readOnly;
    messages.say(words, 'info', helps ? { label: t('Show more'), run } : null);
  }

  private isWanted(slug: string): boolean {
    const choice = this.choice(slug);
    return choice === 'always' || (choice === 'auto' && this.busy.has(slug));
  }

  private count(slug: string): number {
    const { hints, segments } = this.things(slug);
    return hints.size + segments.size;
  }

  /** By the queue's own threshold: the slider must not fold lanes away under the hand that moves it. */
  private reaches(slug: string): boolean {
    const { curves, workbench } = this.session;
    const highest = curves.get(slug)?.line.at(-1)?.max[0] ?? 0;
    return highest >= Math.max(1, Math.round((workbench.thresholds[slug] ?? 0.5) * 255));
  }

  private findPeaks(slug: string): Spans<Interval> {
    const { curves, workbench } = this.session;
    const line = curves.get(slug)?.line;
    const step_ms = workbench.curves?.step_ms;
    if (!line || !step_ms) return NOTHING;
    return new Spans(regionsAbove(line, this.session.thresholdOf(slug), step_ms));
  }
}

function spansByType<T extends Interval & { violation_type: string }>(
  items: readonly T[],
): Map<string, Spans<T>> {
  const lists = new Map<string, T[]>();
  for (const each of items) {
    const list = lists.get(each.violation_type);
    if (list) list.push(each);
    else lists.set(each.violation_type, [each]);
  }
  return new Map([...lists].map(([slug, list]) => [slug, new Spans(list)]));
}
