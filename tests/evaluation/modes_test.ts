import assert from "node:assert/strict";
import { END_OF_CODE, END_OF_STEP } from "../../lib/core/mod.ts";
import type { Completion, SampleRequest } from "../../lib/endpoint/mod.ts";
import {
  type Attempt,
  type EvaluationMode,
  greedyMode,
  makeMode,
  type PolicyModeSettings,
  sampleMode,
  Suite,
  TALK_INSTRUCTION,
} from "../../lib/evaluation/mod.ts";
import { knownDomain, SUITE } from "./_world.ts";

const SETTINGS: PolicyModeSettings = {
  sampling: { temperature: 0.7, topP: 0.9, maxTokens: 100, modelLength: 4096 },
  style: "code",
  api: "completions",
  extraction: { lastNumber: false },
};

type Text = string | { readonly cut: string };

/** Solves one question with a policy that says these texts, and shows what was asked and run. */
async function solve(
  mode: EvaluationMode,
  texts: readonly Text[],
  { tokens = 10, stdout = "" }: { readonly tokens?: number; readonly stdout?: string } = {},
): Promise<{ attempt: Attempt; requests: SampleRequest[]; runs: (readonly string[])[] }> {
  const requests: SampleRequest[] = [];
  const runs: (readonly string[])[] = [];
  const domain = knownDomain((path) => {
    runs.push([...path]);
    return { stdout };
  });
  const attempt = await mode.solve({ id: "q", question: "How many?" }, 3, {
    policy: {
      description: {},
      sample: (request) => {
        const text = texts[requests.length];
        requests.push(request);
        return Promise.resolve({
          completions: [completionOf(text ?? "", request, tokens)],
          promptTokens: 20,
          generatedTokens: tokens,
          seconds: 0,
          price: null,
        });
      },
    },
    ppm: null,
    domain,
    seed: 0,
    signal: new AbortController().signal,
  });
  return { attempt, requests, runs };
}

function completionOf(text: Text, { stop }: SampleRequest, tokens: number): Completion {
  if (typeof text !== "string") {
    return { text: text.cut, finishReason: "length", stopString: null, tokens };
  }
  const stopString = stop.find((one) => text.endsWith(one)) ?? null;
  return { text, finishReason: stopString === null ? "end" : "stop_string", stopString, tokens };
}

const ANSWER = "<answer>It is \\boxed{6}.\n<end_of_answer>";

function program(...steps: readonly string[]): string {
  return `\n<code>\n${steps.join(`\n${END_OF_STEP}\n\n`)}\n${END_OF_CODE}`;
}

Deno.test("a program of several steps is run once when only the last one prints", async () => {
  const { attempt, requests, runs } = await solve(
    sampleMode(SETTINGS),
    [program("a = 2", "b = a * 3", "print(b)"), ANSWER],
    { stdout: "6\n" },
  );
  assert.deepEqual(runs, [["a = 2\n\nb = a * 3\n\nprint(b)"]]);
  assert.equal(attempt.answer, "6");
  assert.equal(attempt.outcome, "answered");
  assert.deepEqual([attempt.promptTokens, attempt.generatedTokens], [40, 20]);
  assert.match(String(requests[1]?.prompt), /<output>6<end_of_output>\n$/);
  assert.ok(!requests[0]?.stop.includes(END_OF_STEP));
});

Deno.test("what an earlier step prints is no part of the output, as in training", async () => {
  const { runs } = await solve(
    sampleMode(SETTINGS),
    [program("a = 2", "print(a)", "print(3 * a)"), ANSWER],
    { stdout: "6\n" },
  );
  assert.deepEqual(runs, [
    ["a = 2\nprint(a)"],
    ["a = 2\nprint(a)", "print(3 * a)"],
  ]);
});

Deno.test("samples of one question differ by seed, and a solution shares its tokens", async () => {
  const texts = [program("print(6)"), ANSWER];
  const { requests } = await solve(sampleMode(SETTINGS), texts, { tokens: 60 });
  assert.equal(new Set(requests.map(({ seed }) => seed)).size, 2);
  assert.deepEqual(requests.map(({ maxTokens }) => maxTokens), [100, 40]);
  assert.deepEqual(requests.map(({ temperature, topP }) => [temperature, topP]), [
    [0.7, 0.9],
    [0.7, 0.9],
  ]);
  const greedy = await solve(greedyMode(SETTINGS), texts);
  assert.deepEqual(greedy.requests.map(({ temperature, topP }) => [temperature, topP]), [
    [0, 1],
    [0, 1],
  ]);
});

Deno.test("a solution whose tokens or context are used up is truncated", async () => {
  const used = await solve(sampleMode(SETTINGS), [program("print(6)"), ANSWER], { tokens: 90 });
  assert.equal(used.attempt.outcome, "truncated");
  assert.equal(used.requests.length, 1);
  const long = await solve(sampleMode(SETTINGS), [program("print(6)"), ANSWER], {
    stdout: "9".repeat(9_000),
  });
  assert.equal(long.attempt.outcome, "truncated");
  assert.equal(long.requests.length, 1);
  const cut = await solve(sampleMode(SETTINGS), [{ cut: "\n<code>\nprint(" }]);
  assert.equal(cut.attempt.outcome, "truncated");
  assert.equal(cut.runs.length, 0);
});

Deno.test("text that follows no format may name its answer, code that nothing ran may not", async () => {
  const outcome = async (text: string, lastNumber = false) => {
    const mode = greedyMode({ ...SETTINGS, extraction: { lastNumber } });
    const { attempt } = await solve(mode, [text]);
    return [attempt.outcome, attempt.answer];
  };
  assert.deepEqual(await outcome("So the answer is \\boxed{6}."), ["answered", "6"]);
  assert.deepEqual(await outcome("There are 6 of them"), ["no_answer", null]);
  assert.deepEqual(await outcome("There are 6 of them", true), ["answered", "6"]);
  assert.deepEqual(await outcome("\n<code>\nx = 6 # \\boxed{6}", true), ["no_answer", null]);
  assert.deepEqual(await outcome("It is \\boxed{6"), ["truncated", null]);
});

Deno.test("a model that only talks is asked for a box, and nothing is run", async () => {
  const talk = { ...SETTINGS, style: "talk", api: "chat" } as const;
  const { attempt, requests, runs } = await solve(sampleMode(talk), [
    "First add.\n<code>\nimport os\n<end_of_code>\nSo \\boxed{6}.",
  ]);
  assert.equal(attempt.answer, "6");
  assert.deepEqual(requests.map(({ prompt, stop }) => ({ prompt, stop })), [{
    prompt: [{ role: "user", content: `How many?\n${TALK_INSTRUCTION}` }],
    stop: [],
  }]);
  assert.equal(runs.length, 0);
  const cut = await solve(sampleMode(talk), [{ cut: "The answer is 6 and" }]);
  assert.deepEqual([cut.attempt.outcome, cut.attempt.answer], ["truncated", null]);
});

Deno.test("makeMode() takes the suite's defaults, and what is said over them", () => {
  const searched = (preset: string, options = {}) =>
    JSON.stringify(makeMode("mcts", Suite.parse({ ...SUITE, preset }), options).spec);
  assert.match(searched("starter/test"), /"rollouts":4/);
  assert.match(searched("starter/test", { search: { rollouts: 9 } }), /"rollouts":9/);
  assert.match(searched("default"), /"guidance":"ppm"/);
  assert.match(searched("default"), /"earlyStop":false/);
  assert.throws(() => searched("starter/tset"), {
    name: "ConfigError",
    message: /Cannot measure suite "known" with preset "starter\/tset": expected one of default, /,
  });
  assert.throws(() => searched("default", { search: { rollouts: 0 } }), {
    name: "ConfigError",
    message: /search\.rollouts/,
  });
});
