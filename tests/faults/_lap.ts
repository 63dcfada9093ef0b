import assert from "node:assert/strict";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { z } from "zod";
import { type Random, randomInteger } from "../../lib/core/mod.ts";
import { additionProblems } from "../cli/_addition_world.ts";
import { type CommandResult, runRstar, startRstar } from "../cli/_rstar.ts";
import type { EndpointProcess } from "./_endpoint.ts";
import { type Kill, planKills, type PlannedKill } from "./_kills.ts";
import { descendants, type ProcessEntry, running } from "./_processes.ts";
import { contents, tornTrees, treeKeys } from "./_stored.ts";
import { impossibleNodes } from "./_world.ts";

/** Options of a lap. */
export interface LapOptions {
  readonly folder: string;
  readonly random: Random;
  readonly endpoint: EndpointProcess;
  /** Address of the proxy before the endpoint. */
  readonly url: string;
  /** Tells of every request that the proxy gets; one listener at a time, `null` for none. */
  readonly listen: (onRequest: (() => void) | null) => void;
  /** Whether replies are recorded: then the store is compared with a replay to the last bit, otherwise by its keys. */
  readonly records: boolean;
  readonly hasPpm: boolean;
  readonly onKill: (kill: Kill) => void;
  /** Told of every run of the harness that ended. */
  readonly onRun: (result: CommandResult) => void;
}

const PROBLEMS = 30;
const SEEDS = 2;

/** Runs that a lap may take after its kills are used up: faults alone must not keep it from its end. */
const MAX_CALM_RUNS = 6;

/** A silent request is given up after this long. */
const REQUEST_TIMEOUT = "10s";

/** A process that was told to die is gone after this, milliseconds. */
const DEATH_MS = 60_000;

const Summary = z.looseObject({ undone: z.int(), trees: z.int() });

/**
 * One database, filled by runs that are disturbed and resumed until nothing is left to do, and compared with the truth.
 *
 * @returns Trees stored.
 */
export async function runLap(options: LapOptions): Promise<number> {
  const { folder, random, records } = options;
  await Deno.writeTextFile(join(folder, "sums.jsonl"), additionProblems(PROBLEMS));
  await Deno.writeTextFile(
    join(folder, "config.json"),
    JSON.stringify({ search: { earlyStop: false } }),
  );
  const db = join(folder, "disturbed.duckdb");
  const record = join(folder, "replies.jsonl");
  const args = synthArgs(options, db, records ? ["--record", record] : []);
  const disturbed = randomInteger(random, 4, 7);
  let stored = 0;
  for (let run = 0;; run++) {
    assert.ok(run < disturbed + MAX_CALM_RUNS, `The lap does not end: ${stored} trees are stored`);
    if (!options.endpoint.isUp) await options.endpoint.start();
    const plan = run < disturbed ? planKills(random) : [];
    const result = await runDisturbed(args, plan, options);
    options.onRun(result);
    if (await exists(db)) {
      assert.equal(await tornTrees(db), 0, "A tree is torn");
      const { length } = await treeKeys(db);
      assert.ok(length >= stored, `${stored - length} stored trees are lost`);
      stored = length;
    }
    if (result.code === 0 && readSummary(result).undone === 0) break;
  }
  await compareWithTruth(db, record, options);
  return stored;
}

/** Settings of a lap, and where it writes. */
function synthArgs(
  { folder, url, hasPpm }: LapOptions,
  db: string,
  more: readonly string[],
): readonly string[] {
  return [
    "synth",
    ...["--problems", join(folder, "sums.jsonl"), "--trees", `${SEEDS}`, "--db", db],
    ...["--config", join(folder, "config.json"), "--policy", url, "--policy-model", "adder"],
    ...(hasPpm
      ? ["--preset", "starter/r3", "--ppm", url, "--ppm-model", "adder"]
      : ["--preset", "default", "--rollouts", "6"]),
    ...[
      "--request-timeout",
      REQUEST_TIMEOUT,
      "--workers",
      "2",
      "--concurrency",
      "6",
      "--json",
      ...more,
    ],
  ];
}

function readSummary({ stdout }: CommandResult): z.infer<typeof Summary> {
  return Summary.parse(JSON.parse(stdout));
}

/** Runs the harness once, kills what the plan says, and checks how it ended and that nothing of it is left. */
async function runDisturbed(
  args: readonly string[],
  plan: readonly PlannedKill[],
  options: LapOptions,
): Promise<CommandResult> {
  const harness = startRstar(args);
  const disturbance = new Disturbance(harness, plan, options);
  options.listen(() => disturbance.request());
  const { code, signal, stdout, stderr } = await harness.output();
  options.listen(null);
  await disturbance.end();
  const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes);
  const result = { code, stdout: text(stdout), stderr: text(stderr) };
  const { done } = disturbance;
  const expected = done.has("harness")
    ? signal === "SIGKILL"
    : code === 0 || (done.has("terminate") || done.has("interrupt_twice")) && code === 130 ||
      code === 1 && MAY_FAIL.test(result.stderr);
  assert.ok(
    expected,
    `The harness ended with ${signal ?? code} after ${[...done]}: ${result.stderr}`,
  );
  return result;
}

/** How a run may fail when faults happen to come one after the other: it says so, and the next one goes on. */
const MAY_FAIL =
  /trees could not be finished, for the reasons above|\(tried \d+ times\)|start the server or check --|Cannot (prepare|use|replace) (the|a) sandbox/;

/** Carries out the kills of one run. */
class Disturbance {
  /** Kinds of kills that were carried out. */
  readonly done = new Set<Kill>();
  readonly #harness: Deno.ChildProcess;
  readonly #plan: PlannedKill[];
  readonly #options: LapOptions;
  #requests = 0;
  /** Requests after which an endpoint that was killed comes back. */
  #restartAt = Infinity;
  #seen: readonly ProcessEntry[] = [];
  #work: Promise<void> = Promise.resolve();

  constructor(harness: Deno.ChildProcess, plan: readonly PlannedKill[], options: LapOptions) {
    this.#harness = harness;
    this.#plan = [...plan];
    this.#options = options;
  }

  /** A request has come. */
  request(): void {
    this.#requests++;
    if (this.#requests >= this.#restartAt) {
      this.#restartAt = Infinity;
      this.#do(() => this.#options.endpoint.start());
    }
    const [next] = this.#plan;
    if (next === undefined || this.#requests < next.atRequest) return;
    this.#plan.shift();
    this.#do(() => this.#kill(next.kill));
  }

  /** Waits for what is under way, and until no process of the run is left. */
  async end(): Promise<void> {
    await this.#work;
    const deadline = performance.now() + DEATH_MS;
    for (let left = this.#seen; left.length > 0; left = await running(left)) {
      const pids = left.map(({ pid }) => pid);
      assert.ok(performance.now() < deadline, `The run left processes behind: ${pids}`);
      await pause(20);
    }
  }

  /** One after the other, as they were planned. */
  #do(action: () => Promise<void>): void {
    this.#work = this.#work.then(action);
    // Whoever waits for the end hears of it.
    this.#work.catch(() => {});
  }

  async #kill(kill: Kill): Promise<void> {
    const { endpoint, random, onKill } = this.#options;
    this.#seen = await descendants(this.#harness.pid);
    if (!await this.#carryOut(kill)) return;
    this.done.add(kill);
    onKill(kill);
    if (kill !== "endpoint") return;
    await endpoint.kill();
    // What comes while it is down are looks at it, each after twice the wait of the one before: eight of them took three minutes.
    this.#restartAt = this.#requests + randomInteger(random, 1, 4);
  }

  /** Sends signals; returns whether there was anything to send one to. */
  #carryOut(kill: Kill): Promise<boolean> {
    switch (kill) {
      case "harness":
        return Promise.resolve(send(this.#harness, "SIGKILL"));
      case "terminate":
        return Promise.resolve(send(this.#harness, "SIGTERM"));
      case "interrupt_twice":
        return Promise.resolve(send(this.#harness, "SIGINT") && send(this.#harness, "SIGINT"));
      case "endpoint":
        return Promise.resolve(this.#options.endpoint.isUp);
      case "sandbox":
        return this.#killSandbox();
    }
  }

  async #killSandbox(): Promise<boolean> {
    const victim = this.#seen[randomInteger(this.#options.random, 0, this.#seen.length - 1)];
    if (victim === undefined) return false;
    // Not a stranger who has got its number meanwhile.
    if ((await running([victim])).length === 0) return false;
    return send({ kill: (signal) => Deno.kill(victim.pid, signal) }, "SIGKILL");
  }
}

function send(process: { kill(signal: Deno.Signal): void }, signal: Deno.Signal): boolean {
  try {
    process.kill(signal);
    return true;
  } catch (error) {
    // It has just ended by itself: under Deno a TypeError for a child, NotFound for another process.
    if (error instanceof TypeError || error instanceof Deno.errors.NotFound) return false;
    throw error;
  }
}

async function compareWithTruth(db: string, record: string, options: LapOptions): Promise<void> {
  const { folder, records, url } = options;
  const keys = await treeKeys(db);
  const wanted = Array.from(
    { length: SEEDS },
    (_, seed) => Array.from({ length: PROBLEMS }, (_, i) => `${seed}/${i}`),
  ).flat();
  assert.equal(new Set(keys).size, keys.length, "A tree is doubled");
  assert.equal(keys.length, wanted.length, "A tree is lost");
  assert.deepEqual((await impossibleNodes(db)).slice(0, 10), []);
  const again = await runRstar(synthArgs(options, db, records ? ["--record", record] : []));
  assert.match(again.stderr, /every tree is stored, nothing is left/);
  if (!records) return;
  const replayed = join(folder, "undisturbed.duckdb");
  const calm = await runRstar(synthArgs({ ...options, url }, replayed, ["--replay", record]));
  assert.equal(calm.code, 0, calm.stderr);
  assert.deepEqual(await contents(db), await contents(replayed));
}

function exists(path: string): Promise<boolean> {
  return Deno.stat(path).then(() => true, () => false);
}
