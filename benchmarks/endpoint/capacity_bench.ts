/**
 * `synth`'s own round of search against a simulated endpoint with fixed slots and token rate, the real sandbox and a real store: which
 * share of the endpoint's capacity is used from the first full load until no problem is left to begin, and how many problems an hour
 * that comes to against lock-step scheduling. The drain, in which slots run empty one by one, is told apart.
 * Run: `deno run -A benchmarks/endpoint/capacity_bench.ts [problems] [slots] [milliseconds per token]`
 */
import { z } from "zod";
import { growRound } from "../../lib/cli/synth/grow.ts";
import { type Problem, silentReporter } from "../../lib/core/mod.ts";
import { mathDomain } from "../../lib/domain/mod.ts";
import {
  completionsPolicy,
  EndpointPool,
  openTransport,
  type Policy,
} from "../../lib/endpoint/mod.ts";
import { exactGrader } from "../../lib/grading/mod.ts";
import type { Sandbox } from "../../lib/sandbox/mod.ts";
import { PRESETS, searchTree } from "../../lib/search/mod.ts";
import { openStore } from "../../lib/store/mod.ts";
import { testRun } from "../../tests/conformance/store.ts";
import { openPool } from "../sandbox/_open.ts";
import { LockStepPolicy, reExecutingSandbox } from "./_lock_step.ts";

const PROBLEMS = Number(Deno.args[0] ?? 1_000);
const SLOTS = Number(Deno.args[1] ?? 16);
/** Chosen so that two quiet cores run steps several times faster than the endpoint proposes them. */
const TOKEN_MS = Number(Deno.args[2] ?? 6);

/** Lock-step batches run this share of the problems: their rate needs no more. */
const BASELINE_SHARE = 0.2;

const SPEC = { ...PRESETS["starter/r1"].spec, rollouts: 2, candidates: 4, earlyStop: false };

/** The simulated endpoint in its worker, and a policy that asks it. */
class Endpoint implements AsyncDisposable {
  readonly pool: EndpointPool;
  readonly policy: Policy;
  readonly #worker: Worker;

  private constructor(worker: Worker, port: number) {
    this.#worker = worker;
    this.pool = new EndpointPool([openTransport(`http://127.0.0.1:${port}`)]);
    this.policy = completionsPolicy({ pool: this.pool, model: "m", sendsSeed: true, findings: {} });
  }

  static async start(): Promise<Endpoint> {
    const worker = new Worker(new URL("./_simulated_endpoint.ts", import.meta.url), {
      type: "module",
    });
    const started = { slots: SLOTS, fullAt: SLOTS, tokenMs: TOKEN_MS, writes: "steps" };
    const { port } = z.object({ port: z.int() }).parse(await ask(worker, started));
    return new Endpoint(worker, port);
  }

  /** Share of the capacity that was used since the first full load. */
  async share(): Promise<number> {
    return z.object({ share: z.number() }).parse(await ask(this.#worker, "drain")).share;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.pool[Symbol.asyncDispose]();
    this.#worker.terminate();
  }
}

function ask(worker: Worker, message: unknown): Promise<unknown> {
  const { promise, resolve } = Promise.withResolvers<unknown>();
  worker.onmessage = ({ data }) => resolve(data);
  worker.postMessage(message);
  return promise;
}

function problems(count: number): readonly Problem[] {
  return Array.from({ length: count }, (_, i) => ({
    id: `capacity/${i}`,
    source: "capacity",
    question: `How many are ${i} and some more?`,
    answer: "3",
    level: null,
    meta: {},
  }));
}

/** Calls once, when the last of so many problems is first asked about. */
function whenAllBegun(policy: Policy, count: number, onAllBegun: () => void): Policy {
  const seen = new Set<string>();
  return {
    ...policy,
    sample: (request, options) => {
      const question = /How many are \d+/.exec(String(request.prompt))?.[0] ?? "";
      const isNew = !seen.has(question);
      seen.add(question);
      if (isNew && seen.size === count) onAllBegun();
      return policy.sample(request, options);
    },
  };
}

async function measureSynth(sandbox: Sandbox, path: string): Promise<void> {
  await using endpoint = await Endpoint.start();
  await using store = await openStore(path);
  const { runNo } = await store.openRun(testRun());
  const startMs = performance.now();
  let begun: { readonly ms: number; readonly share: Promise<number> } | null = null;
  const policy = whenAllBegun(endpoint.policy, PROBLEMS, () => {
    begun = { ms: performance.now(), share: endpoint.share() };
  });
  const forever = new AbortController().signal;
  await growRound({
    runNo,
    roundNo: 0,
    problems: problems(PROBLEMS),
    seeds: [0],
    spec: SPEC,
    policyApi: "completions",
  }, {
    store,
    sandbox,
    grader: exactGrader(),
    reporter: silentReporter(),
    models: {
      policy,
      ppm: null,
      policyPool: endpoint.pool,
      ppmPool: null,
      died: new Promise<never>(() => {}),
    },
    stopAdmitting: forever,
    signal: forever,
  });
  const end = performance.now();
  const { ms, share } = begun ?? { ms: NaN, share: Promise.resolve(NaN) };
  row("rstar", PROBLEMS, (end - startMs) / 1000, {
    share: `${(100 * await share).toFixed(1)} %`,
    drain: `${((end - ms) / 1000).toFixed(1)} s`,
  });
}

async function measureLockStep(sandbox: Sandbox, batchSize: number): Promise<void> {
  await using endpoint = await Endpoint.start();
  const all = problems(Math.max(batchSize, Math.round(PROBLEMS * BASELINE_SHARE)));
  const domain = mathDomain({
    sandbox: reExecutingSandbox(sandbox),
    grader: exactGrader(),
    prompt: SPEC.prompt,
    api: "completions" as const,
  });
  const startMs = performance.now();
  for (let from = 0; from < all.length; from += batchSize) {
    const batch = all.slice(from, from + batchSize);
    const policy = new LockStepPolicy(endpoint.policy, batch.length);
    await Promise.all(batch.map(async (problem) => {
      await searchTree(problem, { spec: SPEC, seed: 0, policy, ppm: null, domain });
      policy.leave();
    }));
  }
  const seconds = (performance.now() - startMs) / 1000;
  row(`lock-step, batches of ${batchSize}`, all.length, seconds, {
    share: `${(100 * await endpoint.share()).toFixed(1)} %`,
    drain: "",
  });
}

function row(
  name: string,
  count: number,
  seconds: number,
  { share, drain }: { readonly share: string; readonly drain: string },
): void {
  const perHour = Math.round(count / seconds * 3600).toLocaleString("en");
  print(`| ${name} | ${count} | ${seconds.toFixed(0)} s | ${perHour} | ${share} | ${drain} |`);
}

// deno-lint-ignore no-console
const print = console.log;
print(`${SLOTS} slots, ${TOKEN_MS} ms a token, 100 tokens a reply on average\n`);
print("| scheduling | problems | time | problems/hour | share of capacity | drain |");
print("|---|---|---|---|---|---|");
const folder = await Deno.makeTempDir();
try {
  await using sandbox = await openPool(2);
  await measureSynth(sandbox, `${folder}/capacity.duckdb`);
  await measureLockStep(sandbox, SLOTS);
  await measureLockStep(sandbox, 4 * SLOTS);
} finally {
  await Deno.remove(folder, { recursive: true });
}
