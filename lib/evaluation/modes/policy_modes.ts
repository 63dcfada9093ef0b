import type { Json } from "../../core/mod.ts";
import type { Ppm } from "../../endpoint/ppm.ts";
import type { Question } from "../../domain/domain.ts";
import { type Solution, solveByProgram, type SolveRequest } from "./_program.ts";
import type { PolicyModeSettings } from "./_settings.ts";
import { solveByTalk, TALK_INSTRUCTION } from "./_talk.ts";
import type { Attempt, EvaluationMode, SolveContext } from "./mode.ts";

export type { PolicyModeSettings, PolicySampling } from "./_settings.ts";

/** The policy alone, at temperature 0. */
export function greedyMode(settings: PolicyModeSettings): EvaluationMode {
  const greedy = { ...settings, sampling: { ...settings.sampling, temperature: 0, topP: 1 } };
  return {
    name: "greedy",
    needsPpm: false,
    spec: policySpec(greedy),
    solve: async (question, sample, context) =>
      attemptOf(await solve({ question, sample, settings: greedy, context })),
  };
}

/** The policy alone, sampled. */
export function sampleMode(settings: PolicyModeSettings): EvaluationMode {
  return {
    name: "sample",
    needsPpm: false,
    spec: policySpec(settings),
    solve: async (question, sample, context) =>
      attemptOf(await solve({ question, sample, settings, context })),
  };
}

/** Samples of the policy, each with the PPM's score of the whole solution: what search must beat at equal cost. */
export function bestOfNMode(settings: PolicyModeSettings): EvaluationMode {
  return {
    name: "bon",
    needsPpm: true,
    spec: policySpec(settings),
    solve: (question, sample, context) => solveAndScore({ question, sample, settings, context }),
  };
}

/** A solution without an answer is no candidate, so that its score is not asked for. */
async function solveAndScore(request: SolveRequest): Promise<Attempt> {
  const solution = await solve(request);
  if (solution.answer === null) return attemptOf(solution);
  const { logits, promptTokens } = await requirePpm(request.context, request.question)
    .score([solution.text], { signal: request.context.signal });
  const [score] = logits;
  if (score === undefined || !Number.isFinite(score)) {
    throw new RangeError(`Cannot use a PPM reply: expected one finite logit, got ${score}`);
  }
  return { ...attemptOf(solution), score, ppmTokens: promptTokens };
}

function solve(request: SolveRequest): Promise<Solution> {
  return request.settings.style === "talk" ? solveByTalk(request) : solveByProgram(request);
}

function attemptOf({ text: _, ...attempt }: Solution): Attempt {
  return attempt;
}

/** @throws {RangeError} If there is none: plans are checked before anything is asked. */
function requirePpm({ ppm }: SolveContext, { id }: Question): Ppm {
  if (ppm !== null) return ppm;
  throw new RangeError(`Cannot score a solution of "${id}": expected a PPM, got none`);
}

function policySpec({ sampling, style, extraction }: PolicyModeSettings): Json {
  return {
    style,
    ...sampling,
    lastNumber: extraction.lastNumber ?? false,
    ...(style === "talk" ? { instruction: TALK_INSTRUCTION } : {}),
  };
}
