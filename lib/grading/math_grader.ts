import type { Sandbox } from "../sandbox/sandbox.ts";
import type { Verdict } from "../core/mod.ts";
import type { Question } from "./compare.ts";
import type { Grader, Reference } from "./grader.ts";
import { isTooComplex } from "./bounds.ts";
import { judgeExactly, toVerdict } from "./judge.ts";
import { numbersAgree, parseNumber } from "./number.ts";
import { type SymbolicCase, SymbolicJudge, type SymbolicResult } from "./symbolic.ts";

/** Name and version of the grader; a change of either stage changes it, and re-scores what is stored. */
export const GRADER_VERSION = "rstar-4";

/** Options of {@linkcode openGrader}. */
export interface GraderOptions {
  /** Workers with the grading profile; belongs to the caller. */
  readonly sandbox: Sandbox;
  /** Pairs whose result is kept. @default 100000 */
  readonly cacheSize?: number;
}

/** The grader: exact comparison, then math-verify in the confined worker (docs/evaluation.md, "Symbolic stage"). */
export function openGrader(options: GraderOptions): Grader {
  return new MathGrader(options);
}

class MathGrader implements Grader {
  readonly version = GRADER_VERSION;
  readonly #judge: SymbolicJudge;
  readonly #cacheSize: number;
  /** By gold and cleaned answer: the 64 samples of a problem repeat themselves. Holds promises, so that twins share a call. */
  readonly #cache = new Map<string, Promise<SymbolicResult>>();

  constructor(options: GraderOptions) {
    this.#judge = new SymbolicJudge(options.sandbox);
    this.#cacheSize = options.cacheSize ?? 100_000;
  }

  async grade(
    reference: Reference,
    answer: string | null,
    options: { readonly signal?: AbortSignal | undefined } = {},
  ): Promise<Verdict> {
    options.signal?.throwIfAborted();
    const startedAt = performance.now();
    const context = { answer, grader: this.version };
    const first = judgeExactly(reference, answer, () => null);
    const exactMs = performance.now() - startedAt;
    if (first.correct !== null) {
      const stage = ["no_answer", "ungradable", "too_complex"].includes(first.reason)
        ? "none"
        : "exact";
      const decision = { correct: first.correct, reason: first.reason };
      return toVerdict(decision, { ...context, stage, elapsedMs: exactMs });
    }
    const { results, ms } = await this.#askAll(first.questions);
    options.signal?.throwIfAborted();
    const second = judgeExactly(
      reference,
      answer,
      (question) => results.get(keyOf(question))?.correct ?? false,
    );
    const failure = [...results.values()].find((result) => result.failure !== null)?.failure;
    const correct = second.correct ?? false;
    const reason = correct ? "equal" : failure ?? "different";
    return toVerdict({ correct, reason }, {
      ...context,
      stage: "symbolic",
      elapsedMs: 2 * exactMs + ms,
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#judge[Symbol.asyncDispose]();
  }

  /** Answers, and the time that they took; what was known took none. */
  async #askAll(questions: readonly Question[]) {
    const results = new Map<
      string,
      { readonly correct: boolean; readonly failure: string | null }
    >();
    let ms = 0;
    await Promise.all(questions.map(async (question) => {
      const pair = { gold: question.gold.text, answer: question.answer.text };
      if (isTooComplex(pair.gold) || isTooComplex(pair.answer)) {
        results.set(keyOf(question), { correct: false, failure: "too_complex" });
        return;
      }
      const isKnown = this.#cache.has(keyOf(question));
      const result = await this.#compare(pair);
      if (!isKnown) ms += result.ms;
      results.set(keyOf(question), { correct: decide(question, result), failure: result.failure });
    }));
    return { results, ms };
  }

  #compare(pair: SymbolicCase): Promise<SymbolicResult> {
    const key = keyOfPair(pair);
    const known = this.#cache.get(key);
    if (known !== undefined) return known;
    const result = this.#judge.compare(pair);
    if (this.#cache.size >= this.#cacheSize) this.#cache.clear();
    this.#cache.set(key, result);
    // A machinery failure is no result: the next caller asks again.
    result.catch(() => this.#cache.delete(key));
    return result;
  }
}

function keyOfPair({ gold, answer }: SymbolicCase): string {
  return `${gold}\u0000${answer}`;
}

function keyOf(question: Question): string {
  return keyOfPair({ gold: question.gold.text, answer: question.answer.text });
}

/** Guards behind math-verify: the convention on decimals (docs/evaluation.md, "Conventions"), bases of numerals, which it drops. */
function decide({ gold, answer }: Question, result: SymbolicResult): boolean {
  if (baseOf(gold.text) !== baseOf(answer.text)) return false;
  if (
    answer.kind === "number" && answer.value.decimals !== null &&
    typeof result.goldValue === "string"
  ) {
    return agrees(result.goldValue, answer.text, false);
  }
  if (
    gold.kind === "number" && gold.value.decimals !== null && typeof result.answerValue === "string"
  ) {
    return agrees(gold.text, result.answerValue, true);
  }
  return result.equal;
}

/** Compares the decimal of one side with the forty-digit value of the other, which counts as exact. */
function agrees(gold: string, answer: string, goldIsWritten: boolean): boolean {
  const [goldNumber, answerNumber] = [parseNumber(gold), parseNumber(answer)];
  if (goldNumber === null || answerNumber === null) return false;
  return numbersAgree(
    goldIsWritten ? goldNumber : { ...goldNumber, decimals: null },
    goldIsWritten ? { ...answerNumber, decimals: null } : answerNumber,
  );
}

function baseOf(text: string): string {
  const base = /^[\dA-F]+_\{?(\d+)\}?$/.exec(text.replace(/[\s]|\\text/g, ""))?.[1];
  return base === undefined || base === "10" ? "" : base;
}
