/** A world of known answers: what every sample says is written down, so that every figure can be worked out by hand. */
import {
  answerSegment,
  END_OF_CODE,
  hashSeed,
  InfrastructureError,
  type Json,
  type Problem,
} from "../../lib/core/mod.ts";
import { type Domain, mathDomain } from "../../lib/domain/mod.ts";
import type { Completion, Policy, Ppm, SampleRequest } from "../../lib/endpoint/mod.ts";
import { scriptedPpm } from "../../lib/endpoint/mod.ts";
import {
  type EvaluationMode,
  type EvaluationParts,
  type EvaluationPlan,
  type EvaluationSummary,
  type LoadedSuite,
  problemsChecksum,
  Suite,
} from "../../lib/evaluation/mod.ts";
import { exactGrader } from "../../lib/grading/mod.ts";
import { openStubSandbox, type StubScript } from "../../lib/sandbox/mod.ts";
import { type JudgedSample, memoryStore } from "../../lib/store/mod.ts";

/** Four problems whose answer is 5. */
export const PROBLEMS: readonly Problem[] = [1, 2, 3, 4].map((i) => ({
  id: `known/${i}`,
  source: "known",
  question: `Question number ${i}?`,
  answer: "5",
  level: i <= 2 ? 1 : 2,
  meta: {},
}));

export const SUITE = Suite.parse({
  name: "known",
  description: "Known answers",
  problems: "known.jsonl",
  samples: 4,
});

export function loaded(problems: readonly Problem[] = PROBLEMS): LoadedSuite {
  return {
    suite: SUITE,
    problems,
    checksum: problemsChecksum(problems),
    total: problems.length,
    notices: [],
  };
}

/** Reply of a sample: it prints a number and answers with it, or fails in one of the ways there are. */
export type Reply = number | "failed" | "truncated" | "no box" | "cut answer" | "down";

/** Replies by problem, one a sample. */
export type Script = Readonly<Record<string, readonly Reply[]>>;

/** A policy that says what the script says: a request is known by its seed, which follows from problem, sample and part. */
export function knownPolicy(
  script: Script,
  { seed = 0 }: { readonly seed?: number } = {},
): Policy & { readonly requests: SampleRequest[] } {
  const bySeed = new Map<number, Completion | "down">();
  for (const [id, replies] of Object.entries(script)) {
    for (const [sample, reply] of replies.entries()) {
      for (const part of [0, 1]) {
        bySeed.set(hashSeed("evaluation", seed, id, sample, part), complete(reply, part));
      }
    }
  }
  const requests: SampleRequest[] = [];
  return {
    description: { api: "scripted", model: "known" },
    requests,
    sample: (request) => {
      requests.push(request);
      const completion = bySeed.get(request.seed);
      if (completion === undefined) throw new RangeError(`Unknown seed ${request.seed}`);
      if (completion === "down") {
        return Promise.reject(
          new InfrastructureError("endpoint", "Cannot reach the scripted server"),
        );
      }
      return Promise.resolve({
        completions: [completion],
        promptTokens: 10,
        generatedTokens: completion.tokens,
        seconds: 0,
        price: null,
      });
    },
  };
}

function complete(reply: Reply, part: number): Completion | "down" {
  if (reply === "down") return "down";
  const stopped = (text: string, stopString: string): Completion => ({
    text,
    finishReason: "stop_string",
    stopString,
    tokens: 4,
  });
  if (part === 0) {
    if (reply === "truncated") {
      return { text: "\n<code>\nx = 1", finishReason: "length", stopString: null, tokens: 4 };
    }
    const code = reply === "failed" ? "raise" : `print ${typeof reply === "number" ? reply : 5}`;
    return stopped(`\n<code>\n${code}\n${END_OF_CODE}`, END_OF_CODE);
  }
  if (reply === "cut answer") {
    return { text: "<answer>The answer", finishReason: "length", stopString: null, tokens: 4 };
  }
  return reply === "no box"
    ? stopped("<answer>I do not know.\n<end_of_answer>", "<end_of_answer>")
    : stopped(answerSegment(String(reply)), "<end_of_answer>");
}

const interpret: StubScript = (path) => {
  const code = path.at(-1) ?? "";
  if (code.includes("raise")) {
    return { status: "error", error: { type: "ValueError", message: "raised", line: 1 } };
  }
  return { stdout: `${/print (.*)/.exec(code)?.[1] ?? ""}\n` };
};

export function knownDomain(script: StubScript = interpret): Domain {
  return mathDomain({
    sandbox: openStubSandbox(script),
    grader: exactGrader(),
    prompt: "trained",
    api: "completions",
  });
}

/** A PPM that scores a solution by its answer and its question. */
export function knownPpm(scores: Readonly<Record<string, number>>): Ppm {
  return scriptedPpm((text) => {
    const problem = /Question number (\d)/.exec(text)?.[1];
    const answer = /boxed\{(.*?)\}/.exec(text)?.[1];
    return scores[`${problem}:${answer}`] ?? 0;
  });
}

export function planFor(
  mode: EvaluationMode,
  options: Partial<EvaluationPlan> = {},
): EvaluationPlan {
  const spec: Record<string, Json> = { policy: "known" };
  return {
    mode,
    samples: 1,
    seed: 0,
    runNo: null,
    roundNo: null,
    policy: null,
    ppm: null,
    provenance: null,
    open: "continue",
    spec,
    ...options,
  };
}

export function partsFor(policy: Policy, options: Partial<EvaluationParts> = {}): EvaluationParts {
  return {
    policy,
    ppm: null,
    domain: knownDomain(),
    grader: exactGrader(),
    store: memoryStore(),
    concurrency: 3,
    ...options,
  };
}

/** Sampling of modes without search. */
export const SETTINGS = {
  sampling: { temperature: 1, topP: 1, maxTokens: 512, modelLength: 4096 },
  style: "code",
  api: "completions",
  extraction: { lastNumber: false },
} as const;

/** Four samples of every problem. */
export const SCRIPT: Script = {
  "known/1": [5, 5, 5, 5],
  "known/2": [5, 7, 5, 7],
  "known/3": ["no box", 5, "failed", "truncated"],
  "known/4": [7, 7, 5, 7],
};

/** Metrics by name, rounded to six digits. */
export function values(summary: EvaluationSummary): Record<string, number> {
  return Object.fromEntries(
    summary.metrics.map(({ metric, value }) => [metric, Math.round(value * 1e6) / 1e6]),
  );
}

/** Strips the times from stored samples. */
export function timeless(samples: readonly JudgedSample[]) {
  return samples.map(({ wallMs: _, verdicts, ...rest }) => ({
    ...rest,
    verdicts: verdicts.map(({ elapsedMs: _elapsed, ...verdict }) => verdict),
  }));
}
