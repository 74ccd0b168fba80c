/** How tall the lines of a log are, of which most have never been laid out. */
export interface Heights {
  readonly total: number;
  /** What a line is taken to be that has not been measured. */
  readonly estimate: number;
  /** Whether `sum` of all lines is known, and not guessed. */
  readonly exact: boolean;
  at(line: number): number;
  /** Of the lines from `from` on, before `to`. */
  sum(from: number, to: number): number;
  /** The line that stands `px` below the top of `from` (above it where negative), and how far into it that is. */
  walk(from: number, px: number): { line: number; px: number };
}

/** Lines that are all alike: nothing wraps. */
export class UniformHeights implements Heights {
  readonly exact = true;

  constructor(
    readonly total: number,
    readonly estimate: number,
  ) {}

  at(): number {
    return this.estimate;
  }

  sum(from: number, to: number): number {
    return Math.max(0, to - from) * this.estimate;
  }

  walk(from: number, px: number): { line: number; px: number } {
    const moved = Math.floor(px / this.estimate);
    const line = from + moved;
    if (line < 0) return { line: 0, px: 0 };
    if (line >= this.total) return { line: this.total, px: 0 };
    return { line, px: px - moved * this.estimate };
  }
}

/** Up to so many lines are added up one by one. */
const COUNTED = 2000;
/** So many measured heights are kept. */
const KEPT = 50_000;

/** Lines that wrap: each as tall as it was when it was last laid out. */
export class MeasuredHeights implements Heights {
  total = 0;
  readonly #measured = new Map<number, number>();
  #sum = 0;

  constructor(private readonly single: number) {}

  /** What the measured lines are on average. */
  get estimate(): number {
    return this.#measured.size === 0 ? this.single : this.#sum / this.#measured.size;
  }

  get exact(): boolean {
    return this.total <= COUNTED;
  }

  /** Takes note of a line's height; answers whether that is news. */
  measure(line: number, height: number): boolean {
    const before = this.#measured.get(line);
    if (before === height) return false;
    if (before === undefined && this.#measured.size >= KEPT) this.clear();
    this.#measured.set(line, height);
    this.#sum += height - (before ?? 0);
    return true;
  }

  /** Forgets all, as when the width has changed. */
  clear(): void {
    this.#measured.clear();
    this.#sum = 0;
  }

  at(line: number): number {
    return this.#measured.get(line) ?? this.estimate;
  }

  sum(from: number, to: number): number {
    if (to - from > COUNTED) return (to - from) * this.estimate;
    let sum = 0;
    for (let line = from; line < to; line++) sum += this.at(line);
    return sum;
  }

  walk(from: number, px: number): { line: number; px: number } {
    let line = from;
    let rest = px;
    while (rest < 0 && line > 0) rest += this.at(--line);
    if (rest < 0) return { line: 0, px: 0 };
    while (line < this.total && rest >= this.at(line)) rest -= this.at(line++);
    return line >= this.total ? { line: this.total, px: 0 } : { line, px: rest };
  }
}
