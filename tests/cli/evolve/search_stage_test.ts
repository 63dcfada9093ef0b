import assert from "node:assert/strict";
import { searchStage } from "../../../lib/cli/evolve/search_stage.ts";
import { RunFolders } from "../../../lib/cli/evolve/run_folders.ts";
import { NO_TRACING } from "../../../lib/cli/observe/tracing.ts";
import type { RoundParts } from "../../../lib/cli/synth/grow.ts";
import { EvolveConfig } from "../../../lib/config/mod.ts";
import { InfrastructureError, silentReporter } from "../../../lib/core/mod.ts";
import { roundSchedules, type SearchResult } from "../../../lib/rounds/mod.ts";
import { type DuckdbStore, openStore } from "../../../lib/store/mod.ts";
import { testRun } from "../../conformance/store.ts";
import { scheduleOptions } from "../../rounds/_world.ts";
import { temporaryFolder } from "../../store/_files.ts";
import { parts as roomsOf, sums } from "../synth/_rooms.ts";

const PROBLEMS = sums(40);

/** Trees that the stub sandbox's one worker keeps busy at a time. */
const OPEN = 2;

/** A round of additions in a store. */
interface Round {
  readonly store: DuckdbStore;
  readonly runNo: number;
  /** Rounds whose models were served, in order. */
  readonly served: number[];
}

async function openRound(path: string): Promise<Round & AsyncDisposable> {
  const store = await openStore(path);
  const { runNo } = await store.openRun(testRun());
  const round = { store, runNo, served: [] };
  return { ...round, [Symbol.asyncDispose]: () => store[Symbol.asyncDispose]() };
}

/** Searches what is left of a round, as a process of its own would. */
async function search(
  { store, runNo, served }: Round,
  { round, roundBudgetTokens, fails = [] }: {
    readonly round: number;
    readonly roundBudgetTokens: number | undefined;
    /** Questions for which the policy's endpoint fails. */
    readonly fails?: readonly string[];
  },
): Promise<SearchResult> {
  const options = scheduleOptions({
    problems: PROBLEMS,
    problemsPerRound: null,
    selection: "same",
  });
  const schedule = roundSchedules(options)[round - 1];
  const pass = schedule?.passes[0];
  assert.ok(schedule !== undefined && pass !== undefined);
  const policy = {
    kind: "checkpoint" as const,
    role: "policy",
    runNo,
    roundNo: round - 1,
    location: "m",
    artifactId: 1,
    sha256: null,
    rows: null,
    meta: {},
    parents: [],
    madeAt: new Date(0),
  };
  const rooms = failingFor(fails, roomsOf(store));
  return await searchStage({
    round,
    schedule,
    pass,
    problemIds: schedule.problemIds,
    models: { policy, ppm: null },
    signal: rooms.signal,
  }, {
    store,
    runNo,
    reporter: silentReporter(),
    config: EvolveConfig.parse({ roundBudgetTokens }),
    plan: { problems: new Map(PROBLEMS.map((problem) => [problem.id, problem])) },
    folders: new RunFolders("a.duckdb", "r", "base"),
    server: {
      use: (wanted) => {
        served.push(wanted.round);
        return Promise.resolve(rooms.models);
      },
    },
    execution: {
      sandbox: () => Promise.resolve(rooms.sandbox),
      grader: () => Promise.resolve(rooms.grader),
    },
    observation: { watch: () => {}, tracing: NO_TRACING },
    interrupts: { stopAdmitting: rooms.stopAdmitting, stopNow: rooms.signal },
  });
}

/** The same rooms with an endpoint that answers nothing to some questions. */
function failingFor(questions: readonly string[], rooms: RoundParts): RoundParts {
  const { policy } = rooms.models;
  const sample: typeof policy.sample = (request, options) =>
    questions.some((question) => String(request.prompt).includes(question))
      ? Promise.reject(new InfrastructureError("endpoint", "no reply in time"))
      : policy.sample(request, options);
  return { ...rooms, models: { ...rooms.models, policy: { ...policy, sample } } };
}

/** Trees and generated tokens of a round. */
async function grown({ store, runNo }: Round, roundNo: number) {
  const { trees, generatedTokens } = await store.summary(runNo, { roundNo });
  return { trees, tokens: generatedTokens };
}

/** The most that a tree of these problems takes. */
async function dearestTree(folder: string): Promise<number> {
  await using round = await openRound(`${folder}/all.duckdb`);
  assert.deepEqual(await search(round, { round: 1, roundBudgetTokens: undefined }), { undone: 0 });
  const { batches } = await round.store.query("SELECT max(generated_tokens), count(*) FROM tree");
  const [row] = (await Array.fromAsync(batches)).flat();
  assert.equal(row?.[1], PROBLEMS.length, "without a budget every problem gets its tree");
  return Number(row?.[0]);
}

Deno.test("searchStage() begins no tree once a round has used its budget, counts what is left, and asks no model again", async () => {
  await using folder = await temporaryFolder();
  const dearest = await dearestTree(folder.path);
  const roundBudgetTokens = 8 * dearest;
  await using round = await openRound(`${folder.path}/a.duckdb`);
  const result = await search(round, { round: 1, roundBudgetTokens });
  const first = await grown(round, 1);
  assert.ok(first.tokens >= roundBudgetTokens, `${first.tokens} of ${roundBudgetTokens}`);
  assert.ok(first.tokens < roundBudgetTokens + OPEN * dearest, `${first.tokens}`);
  assert.deepEqual(result, { undone: PROBLEMS.length - first.trees });
  assert.deepEqual(round.served, [0]);
  // The same round, killed before its row said that the search is done.
  assert.deepEqual(await search(round, { round: 1, roundBudgetTokens }), result);
  assert.deepEqual([await grown(round, 1), round.served], [first, [0]]);
});

Deno.test("searchStage() counts what a killed process spent of the budget, and not what other rounds did", async () => {
  await using folder = await temporaryFolder();
  const dearest = await dearestTree(folder.path);
  const roundBudgetTokens = 8 * dearest;
  await using round = await openRound(`${folder.path}/a.duckdb`);
  // What the killed process got done: as much as a smaller budget allows.
  await search(round, { round: 1, roundBudgetTokens: 5 * dearest });
  const before = await grown(round, 1);
  await search(round, { round: 1, roundBudgetTokens });
  const after = await grown(round, 1);
  assert.ok(before.trees < after.trees);
  assert.ok(after.tokens >= roundBudgetTokens, `${after.tokens} of ${roundBudgetTokens}`);
  assert.ok(after.tokens < roundBudgetTokens + OPEN * dearest, `${after.tokens}`);
  await search(round, { round: 2, roundBudgetTokens });
  const second = await grown(round, 2);
  assert.ok(second.tokens >= roundBudgetTokens, "the second round has a budget of its own");
});

Deno.test("searchStage() goes on without a tree that the machinery fails, and counts it", async () => {
  await using folder = await temporaryFolder();
  await using round = await openRound(`${folder.path}/a.duckdb`);
  const fails = ["What is 9 + 8?"];
  const asked = { round: 1, roundBudgetTokens: undefined, fails };
  assert.deepEqual(await search(round, asked), { undone: 1 });
  assert.equal((await grown(round, 1)).trees, PROBLEMS.length - 1);
});

Deno.test("searchStage() ends where more trees fail than the share, keeps the others, and goes on later", async () => {
  await using folder = await temporaryFolder();
  await using round = await openRound(`${folder.path}/a.duckdb`);
  const asked = { round: 1, roundBudgetTokens: undefined };
  await assert.rejects(search(round, { ...asked, fails: ["What is 9 + 8?", "What is 10 + 9?"] }), {
    name: "InfrastructureError",
    message:
      /^2 of 40 trees of \S+ could not be finished, .*; at most 1 may stay so \(--max-unfinished 0\.02\)$/,
  });
  assert.equal((await grown(round, 1)).trees, PROBLEMS.length - 2);
  assert.deepEqual(await search(round, asked), { undone: 0 });
});
