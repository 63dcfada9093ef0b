import { shortDuration, shortNumber, type TreeRecord } from "../../core/mod.ts";
import type { Spent } from "./meter.ts";

/** Limits of tokens, time and money. What is absent is not limited. */
export interface Limits {
  /** Generated tokens, discarded ones included. */
  readonly tokens?: number | undefined;
  readonly seconds?: number | undefined;
  /** In the currency of the configured prices. */
  readonly price?: number | undefined;
}

/** Limits of one session of a run. Nothing is stopped half way: when a limit is reached, no further tree is begun. */
export interface BudgetLimits {
  readonly run: Limits;
  /** For the trees of one problem together; seconds are those of its trees added up. */
  readonly problem: Limits;
}

/** Limits of nothing. */
export const NO_LIMITS: BudgetLimits = { run: {}, problem: {} };

/** Keeps account of what trees have used, and says when no further one may begin. */
export class Budget {
  readonly #limits: BudgetLimits;
  readonly #problems = new Map<string, { tokens: number; seconds: number; price: number }>();

  constructor(limits: BudgetLimits) {
    this.#limits = limits;
  }

  /** A tree was finished. */
  add({ problemId, usage, wallMs }: TreeRecord): void {
    const { tokens, seconds, price } = this.#limits.problem;
    if (tokens === undefined && seconds === undefined && price === undefined) return;
    const used = this.#problems.get(problemId) ?? { tokens: 0, seconds: 0, price: 0 };
    used.tokens += usage.generatedTokens;
    used.seconds += wallMs / 1000;
    used.price += usage.price ?? 0;
    this.#problems.set(problemId, used);
  }

  /** Which limit of the run is reached, as a phrase; `null` while none is. */
  runStop(spent: Spent & { readonly seconds: number }): string | null {
    return reached(this.#limits.run, { ...spent, tokens: spent.generatedTokens });
  }

  /** Which limit of a problem its finished trees have reached; `null` while none is. */
  problemStop(problemId: string): string | null {
    const used = this.#problems.get(problemId);
    return used === undefined ? null : reached(this.#limits.problem, used);
  }
}

function reached(
  limits: Limits,
  used: { readonly tokens: number; readonly seconds: number; readonly price: number },
): string | null {
  const { tokens = Infinity, seconds = Infinity, price = Infinity } = limits;
  if (used.tokens >= tokens) return `${shortNumber(tokens)} tokens`;
  if (used.seconds >= seconds) return shortDuration(seconds);
  if (used.price >= price) return `a price of ${price}`;
  return null;
}
