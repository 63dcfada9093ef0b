/**
 * Keeps evaluation problems out of training data: equal after normalisation, or sharing a run of 13 words (docs/evaluation.md,
 * "Contamination").
 *
 * Sound because only normalised words are compared: punctuation, case, spacing and the layout of LaTeX do not hide a problem.
 */

/** Length of the runs of words that are compared. */
export const OVERLAP_WORDS = 13;

/** Why a problem may not be trained on. */
export type Contamination = "exact" | "overlap";

/** Finds evaluation problems again in training problems. */
export class Decontaminator {
  readonly #exact = new Map<string, string>();
  readonly #runs = new Map<string, string>();

  /** @param isExactOnly Generated worlds share their phrasings by construction: only equal problems count there. */
  add(question: string, options: { readonly suite: string; readonly isExactOnly: boolean }): void {
    const words = wordsOf(question);
    const text = words.join(" ");
    if (!this.#exact.has(text)) this.#exact.set(text, options.suite);
    if (options.isExactOnly) return;
    for (const run of runsOf(words)) {
      if (!this.#runs.has(run)) this.#runs.set(run, options.suite);
    }
  }

  /** The suite that a problem occurs in, and how it was found; `null` for a clean one. */
  check(question: string): { readonly kind: Contamination; readonly suite: string } | null {
    const words = wordsOf(question);
    const equal = this.#exact.get(words.join(" "));
    if (equal !== undefined) return { kind: "exact", suite: equal };
    for (const run of runsOf(words)) {
      const suite = this.#runs.get(run);
      if (suite !== undefined) return { kind: "overlap", suite };
    }
    return null;
  }
}

function wordsOf(text: string): readonly string[] {
  return text.normalize("NFKC").toLowerCase().match(/[\p{L}\p{N}]+/gu) ?? [];
}

function* runsOf(words: readonly string[]): Generator<string> {
  for (let start = 0; start + OVERLAP_WORDS <= words.length; start++) {
    yield words.slice(start, start + OVERLAP_WORDS).join(" ");
  }
}
