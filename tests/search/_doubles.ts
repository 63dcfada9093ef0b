/** A toy subject for tests of search: the real mathematics domain over a sandbox that interprets nothing. */
import {
  answerSegment,
  END_OF_CODE,
  END_OF_STEP,
  hashSeed,
  policyPrompt,
  type Problem,
  type Random,
  seededRandom,
  type TreeRecord,
} from "../../lib/core/mod.ts";
import { type Domain, mathDomain } from "../../lib/domain/mod.ts";
import type { SampleRequest } from "../../lib/endpoint/policy.ts";
import { type Policy, type Ppm, scriptedPolicy, scriptedPpm } from "../../lib/endpoint/mod.ts";
import { exactGrader } from "../../lib/grading/mod.ts";
import { openStubSandbox, type StubScript } from "../../lib/sandbox/mod.ts";
import { PRESETS, type SearchSpec, searchTree } from "../../lib/search/mod.ts";

export const QUESTION = "What is the positive solution of x^2 = 9?";
export const PROBLEM: Problem = {
  id: "toy/1",
  source: "toy",
  question: QUESTION,
  answer: "3",
  level: null,
  meta: {},
};

/** A step, the last step, an answer, as a policy writes them. */
export const step = (code: string) => `\n\n${code}\n${END_OF_STEP}`;
export const lastStep = (code: string) => `\n\n${code}\n${END_OF_CODE}`;
export const answer = answerSegment;

/** Code that begins with `raise` fails; code that begins with `print` prints what follows. */
export const interpret: StubScript = (path) => {
  const code = path.at(-1) ?? "";
  if (code.includes("raise")) {
    return { status: "error", error: { type: "ValueError", message: "raised", line: 1 } };
  }
  if (code.endsWith("(")) {
    return {
      status: "error",
      error: { type: "SyntaxError", message: "'(' was never closed", line: 1 },
    };
  }
  const printed = /print (.*)/.exec(code)?.[1];
  return printed === undefined ? undefined : { stdout: `${printed}\n` };
};

export function toyDomain(script: StubScript = interpret): Domain {
  return mathDomain({
    sandbox: openStubSandbox(script),
    grader: exactGrader(),
    prompt: "trained",
    api: "completions",
  });
}

export function spec(overrides: Partial<SearchSpec> = {}): SearchSpec {
  return { ...PRESETS.default.spec, ...overrides };
}

/** Segments so far of a request. */
export function solutionOf(request: SampleRequest): string {
  return String(request.prompt).slice(policyPrompt(QUESTION).length);
}

/** A policy whose draws depend on the solution so far and on how often that solution was drawn before. */
export function policyOf(
  draw: (solution: string, visit: number) => readonly string[],
): ReturnType<typeof scriptedPolicy> {
  const visits = new Map<string, number>();
  return scriptedPolicy((request) => {
    const solution = solutionOf(request);
    const visit = visits.get(solution) ?? 0;
    visits.set(solution, visit + 1);
    return draw(solution, visit);
  });
}

export async function search(
  policy: Policy,
  options: {
    readonly spec?: Partial<SearchSpec>;
    readonly seed?: number;
    readonly ppm?: Ppm | null;
    readonly script?: StubScript;
  } = {},
): Promise<TreeRecord> {
  return await searchTree(PROBLEM, {
    spec: spec(options.spec),
    seed: options.seed ?? 0,
    policy,
    ppm: options.ppm ?? null,
    domain: toyDomain(options.script),
    now: () => 0,
  });
}

/** Number of microtasks that a call is held back, a function of the order's number and of the call. */
export async function delay(order: number, ...call: readonly (string | number)[]): Promise<void> {
  const ticks = order === 0 ? 0 : hashSeed(order, ...call) % 60;
  for (let i = 0; i < ticks; i++) await Promise.resolve();
}

/** A world in which anything can happen: steps, failures, repeats, programs, direct answers; a function of the request's seed. */
export function randomPolicy(order = 0): Policy {
  return scriptedPolicy(async (request) => {
    await delay(order, request.seed);
    const random = seededRandom(request.seed);
    const isAfterCode = solutionOf(request).endsWith("<end_of_output>\n");
    return Array.from({ length: request.n }, () => randomSegment(random, isAfterCode));
  });
}

function randomSegment(random: Random, isAfterCode: boolean): string {
  const value = Math.floor(random() * 4);
  const kind = random();
  if (isAfterCode) return kind < 0.1 ? "no box<end_of_answer>" : answer(String(value));
  if (kind < 0.5) return step(`x = ${value}`);
  if (kind < 0.65) return step(`raise ${value}`);
  if (kind < 0.9) return lastStep(`print ${value}`);
  return kind < 0.95 ? `\n${answer(String(value))}` : "rambling";
}

/** Scores that depend on the text alone. */
export function randomPpm(order = 0): Ppm {
  const ppm = scriptedPpm((text) => (hashSeed(text) % 1000) / 250 - 2);
  return {
    ...ppm,
    score: async (texts) => {
      await delay(order, ...texts);
      return await ppm.score(texts);
    },
  };
}

/** The interpreter, held back like the policy. */
export function slowInterpret(order: number): StubScript {
  return async (path) => {
    await delay(order, ...path);
    return await interpret(path);
  };
}
