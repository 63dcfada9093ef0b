/**
 * Measures what the base model can do, by level: greedy, and whether any of k samples is right. These figures say whether the world
 * is still what it is meant to be (docs/architecture.md, "starter"); they say nothing about mathematics.
 */
import { z } from "zod";
import {
  END_OF_ANSWER,
  END_OF_CODE,
  hashSeed,
  outputBlock,
  policyPrompt,
  type Problem,
  Semaphore,
} from "../core/mod.ts";
import type { Completion, Policy } from "../endpoint/policy.ts";
import type { Sandbox, SandboxSession } from "../sandbox/sandbox.ts";
import { programOf, stepTruth } from "./step_truth.ts";

/** Figures of one level. Rates are fractions. */
export const LevelFigures = z.strictObject({
  level: z.number().int(),
  problems: z.number().int(),
  /** Share solved by the greedy solution. */
  greedy: z.number(),
  /** Mean share of right samples. */
  sampled: z.number(),
  /** Share of problems with at least one right sample. */
  solved: z.number(),
  /** Right samples. */
  rightTraces: z.number().int(),
  /** Share of the right samples that hold a step with a false value; `null` without right samples. */
  falseStepShare: z.number().nullable(),
});

/** Figures of one level. */
export type LevelFigures = z.infer<typeof LevelFigures>;

/** Figures of a base model on one problem set. */
export const BaseFigures = z.strictObject({
  /** Samples per problem, drawn at temperature 1. */
  samples: z.number().int(),
  greedy: z.number(),
  levels: z.array(LevelFigures),
});

/** Figures of a base model on one problem set. */
export type BaseFigures = z.infer<typeof BaseFigures>;

/** Options of {@linkcode checkBase}. */
export interface CheckBaseOptions {
  readonly problems: readonly Problem[];
  /** @default 32 */
  readonly samples?: number;
  /** Problems in flight. @default 8 */
  readonly concurrency?: number;
  /** @default 1 */
  readonly seed?: number;
  /** Called after every problem. */
  readonly onProgress?: (done: number) => void;
  readonly signal?: AbortSignal | undefined;
}

/** Parts that the check runs on. */
export interface CheckBaseParts {
  readonly policy: Policy;
  readonly sandbox: Sandbox;
}

interface ProblemResult {
  readonly level: number;
  readonly greedyRight: boolean;
  readonly right: number;
  readonly rightWithFalseStep: number;
}

/**
 * Draws and runs whole solutions. A sample is judged by what its program prints; the greedy solution by its boxed answer.
 *
 * @throws {ProviderError} If the policy's endpoint fails.
 * @throws {SandboxUnavailableError} If the sandbox fails.
 */
export async function checkBase(
  parts: CheckBaseParts,
  options: CheckBaseOptions,
): Promise<BaseFigures> {
  const { problems, samples = 32, concurrency = 8, seed = 1, signal } = options;
  const slots = new Semaphore(concurrency);
  let done = 0;
  const results = await Promise.all(problems.map(async (problem) => {
    using _slot = await slots.acquire({ signal });
    const result = await checkProblem(parts, { problem, samples, seed, signal });
    options.onProgress?.(++done);
    return result;
  }));
  return summarize(results, samples);
}

interface CheckProblemOptions {
  readonly problem: Problem;
  readonly samples: number;
  readonly seed: number;
  readonly signal: AbortSignal | undefined;
}

async function checkProblem(
  parts: CheckBaseParts,
  options: CheckProblemOptions,
): Promise<ProblemResult> {
  const { problem, samples, seed, signal } = options;
  const draw = async (request: { prompt: string; n: number; temperature: number }) => {
    const reply = await parts.policy.sample({
      ...request,
      stop: [END_OF_CODE, END_OF_ANSWER],
      topP: 1,
      maxTokens: 512,
      seed: hashSeed("starter check", seed, problem.id, request.temperature),
    }, { signal });
    return reply.completions;
  };
  const prompt = policyPrompt(problem.question);
  await using session = parts.sandbox.openSession();
  let [right, rightWithFalseStep] = [0, 0];
  for (const completion of await draw({ prompt, n: samples, temperature: 1 })) {
    const run = await runProgram(session, { completion, problem, signal });
    if (run?.printed !== problem.answer) continue;
    right++;
    if (run.hasFalseStep) rightWithFalseStep++;
  }
  const [greedy] = await draw({ prompt, n: 1, temperature: 0 });
  const run = greedy === undefined
    ? null
    : await runProgram(session, { completion: greedy, problem, signal });
  let greedyRight = false;
  if (greedy !== undefined && run?.printed === problem.answer) {
    const context = prompt + greedy.text + outputBlock(run.printed);
    const [answer] = await draw({ prompt: context, n: 1, temperature: 0 });
    greedyRight = answer?.text.includes(`\\boxed{${problem.answer}}`) ?? false;
  }
  return { level: problem.level ?? 0, greedyRight, right, rightWithFalseStep };
}

interface RunProgramOptions {
  readonly completion: Completion;
  readonly problem: Problem;
  readonly signal: AbortSignal | undefined;
}

/** Runs a program under confinement; `null` when there is none or it fails. */
async function runProgram(
  session: SandboxSession,
  options: RunProgramOptions,
): Promise<{ readonly printed: string; readonly hasFalseStep: boolean } | null> {
  const { completion, problem, signal } = options;
  const code = completion.stopString === END_OF_CODE ? programOf(completion.text) : null;
  if (code === null) return null;
  const outcome = await session.run({ parent: null, code, keep: true }, { signal });
  if (outcome.status !== "ok" || outcome.state === null) return null;
  const truth = await stepTruth(session, { problem, state: outcome.state, signal });
  session.release(outcome.state);
  return { printed: outcome.stdout.trim(), hasFalseStep: truth.includes(false) };
}

function summarize(results: readonly ProblemResult[], samples: number): BaseFigures {
  const levels = [...new Set(results.map((result) => result.level))].sort((a, b) => a - b);
  return {
    samples,
    greedy: share(results, (result) => result.greedyRight),
    levels: levels.map((level) => {
      const own = results.filter((result) => result.level === level);
      const right = own.reduce((sum, result) => sum + result.right, 0);
      const withFalseStep = own.reduce((sum, result) => sum + result.rightWithFalseStep, 0);
      return {
        level,
        problems: own.length,
        greedy: share(own, (result) => result.greedyRight),
        sampled: right / (own.length * samples),
        solved: share(own, (result) => result.right > 0),
        rightTraces: right,
        falseStepShare: right === 0 ? null : withFalseStep / right,
      };
    }),
  };
}

function share<T>(items: readonly T[], holds: (item: T) => boolean): number {
  return items.length === 0 ? 0 : items.filter(holds).length / items.length;
}
