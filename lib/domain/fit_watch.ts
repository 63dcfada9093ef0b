/**
 * Whether a model fits what it is asked for: watches the first candidates of a run and says so when most of them fail in one way, while
 * the run can still be stopped.
 */
import { excerpt } from "../core/mod.ts";
import type { Completion } from "../endpoint/policy.ts";
import type { CheckRequest, ParseOptions, Segment, StepCheck, StepDomain } from "./domain.ts";
import { type Asked, type Misfit, misfitOfCode, misfitOfText } from "./misfit.ts";

/** So many candidates of a run are looked at. */
const WATCHED = 50;

/** Of fewer candidates nothing is said. */
const FEWEST = 2;

/** Characters of the example. */
const EXAMPLE_LENGTH = 160;

/** A candidate that is looked at; how it failed becomes known with its text or with its run. */
interface Candidate {
  readonly mergeKey: string;
  readonly code: string | null;
  misfit: Misfit | null;
  example: string;
}

/** Options of {@linkcode FitWatch}. */
export interface FitWatchOptions {
  readonly asked: Asked;
  /** Told once, in one line, that the model does not fit. */
  readonly say: (line: string) => void;
}

/** Looks at the first candidates of a run. */
export class FitWatch {
  readonly #options: FitWatchOptions;
  readonly #candidates: Candidate[] = [];
  #hasSaid = false;
  #drawn = 0;
  #read = 0;

  constructor(options: FitWatchOptions) {
    this.#options = options;
  }

  /** Whether candidates were drawn, and none of them, the later ones included, could be read. */
  get hasReadNothing(): boolean {
    return this.#drawn > 0 && this.#read === 0;
  }

  /** A candidate was drawn and read, or could not be read. */
  drawn(completion: Completion, segment: Segment): void {
    this.#drawn++;
    if (segment.failure === null) this.#read++;
    if (this.#candidates.length >= WATCHED) return;
    const { mergeKey, code, failure } = segment;
    const { asked } = this.#options;
    // Equal code is one candidate of a tree and runs once: it failed as its like did.
    const like = this.#candidates.find((one) => one.mergeKey === mergeKey);
    const misfit = failure === null
      ? like?.misfit ?? null
      : misfitOfText(completion, { failure, asked });
    const example = failure === null ? like?.example ?? "" : completion.text;
    this.#candidates.push({ mergeKey, code, misfit, example });
    this.#judge(WATCHED);
  }

  /** Code of a candidate, perhaps behind that of a step which it completes, was run. */
  checked({ code }: Pick<CheckRequest, "code">, check: StepCheck): void {
    if (check.result !== "fail" || this.#hasSaid) return;
    const own = this.#candidates.find((one) => one.code !== null && code.endsWith(one.code));
    if (own === undefined) return;
    const misfit = misfitOfCode(check);
    const message = check.evidence?.errorMessage ?? null;
    const example = message === null ? code : `${message}: ${code}`;
    for (const one of this.#candidates) {
      if (one.mergeKey === own.mergeKey && one.misfit === null) {
        Object.assign(one, { misfit, example });
      }
    }
    this.#judge(WATCHED);
  }

  /** The run has ended: what it drew is all there is to judge by. */
  finish(): void {
    this.#judge(this.#candidates.length);
  }

  #judge(total: number): void {
    if (this.#hasSaid || total < FEWEST) return;
    const failed = this.#candidates.flatMap(({ misfit, example }) =>
      misfit === null ? [] : [{ ...misfit, example }]
    );
    for (const [kind, alike] of Map.groupBy(failed, (one) => one.kind)) {
      const [first] = alike;
      if (first === undefined || 2 * alike.length <= total) continue;
      this.#hasSaid = true;
      const drawn = this.#candidates.length;
      const example = excerpt(first.example, EXAMPLE_LENGTH);
      this.#options.say(
        `The model does not fit: ${alike.length} of the first ${drawn} candidates failed in the same way (${
          excerpt(kind, 80)
        }), ` +
          `for instance ${example === "" ? "an empty text" : `"${example}"`}; ${first.cure}`,
      );
    }
  }
}

/** The same domain; every candidate that it reads or runs is shown to the watch. */
export function watchedDomain<D extends StepDomain>(domain: D, watch: FitWatch): D {
  return {
    ...domain,
    parse(completion: Completion, options: ParseOptions): Segment {
      const segment = domain.parse(completion, options);
      if (options.isPiece !== true) watch.drawn(completion, segment);
      return segment;
    },
    openChecker() {
      const checker = domain.openChecker();
      return {
        ...checker,
        async check(request, options) {
          const check = await checker.check(request, options);
          watch.checked(request, check);
          return check;
        },
        release: (state) => checker.release(state),
        [Symbol.asyncDispose]: () => checker[Symbol.asyncDispose](),
      } satisfies ReturnType<StepDomain["openChecker"]>;
    },
  };
}
