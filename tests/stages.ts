/**
 * Runs the gate: checks and tests as separate processes, about as many at once as there are cores, the longest first. Prints what each one
 * printed when it ends, then how long each took and, last, `N passed, N failed, N skipped`.
 *
 *   deno run -A tests/stages.ts ok     what every commit keeps green (minutes)
 *   deno run -A tests/stages.ts test   all that CI runs
 *   deno run -A tests/stages.ts long   campaigns as well
 */
import { z } from "zod";
import { pythonInterpreter } from "../lib/cli/host.ts";
import { limitedCommand } from "./_limited_command.ts";
import { sumTallies, type Tally, tallyOfCheck, tallyOfJunit } from "./_tally.ts";

const root = new URL("../", import.meta.url).pathname;
const PYTHON_FOLDERS = [
  "benchmarks/sandbox",
  "lib/sandbox/supervisor",
  "lib/sandbox/attacks",
  "lib/engine/server",
  "lib/grading/worker",
  "lib/process/python/model_process",
  "lib/process/requirements",
  "lib/starter/pretrain",
  "lib/training/trainer",
  "tests/evaluation/statistics",
  "tests/machines",
  "tests/sandbox/python",
  "tests/store/python",
];
/** Options that hold tests to the lock: `deno.json` names none, or `deno task` would fetch all that it lists before any command. */
const LOCK = ["--lock=deno.lock", "--frozen"];
const LEVELS = ["ok", "test", "long"] as const;
type Level = typeof LEVELS[number];

/** Long tests that take minutes, the longest first: one that begins last would keep a single core busy at the end. */
const LONGEST_FIRST = [
  "cli/evolve/engine_long_test.ts",
  "cli/evolve/evolve_long_test.ts",
  "cli/launch/launch_long_test.ts",
  "faults/fault_campaign_long_test.ts",
  "cli/ablate/ablate_long_test.ts",
  "sandbox/python_sandbox_long_test.ts",
  "sandbox/bad_days_long_test.ts",
  "cli/eval/eval_long_test.ts",
  "engine/engine_long_test.ts",
  "training/train_long_test.ts",
];

/** Processes beyond the number of cores that run at once: long tests wait a good part of their time. */
const LANES_MORE: Readonly<Record<Level, number>> = { ok: 0, test: 1, long: 1 };

/** Processes into which the fast tests are divided: starting one costs about two seconds. */
const FAST_PARTS = 6;

/** Seconds one process may take, and those after which none goes on: CI gives up after 90 minutes, and then says nothing at all. */
const UNIT_LIMIT_S: Readonly<Record<Level, number>> = { ok: 600, test: 1_500, long: 14_400 };
const GATE_LIMIT_S: Readonly<Record<Level, number>> = { ok: 3_600, test: 4_500, long: 86_400 };

/** One process of the gate. */
interface Unit {
  readonly name: string;
  readonly run: (limitS: number) => Promise<UnitResult>;
}

interface UnitResult {
  readonly output: Uint8Array<ArrayBuffer>;
  readonly tally: Tally;
}

interface Finished {
  readonly name: string;
  readonly tally: Tally;
  readonly seconds: number;
}

function check(name: string, program: string, args: readonly string[]): Unit {
  return {
    name,
    run: async (limitS) => {
      const result = await limitedCommand(program, args, { cwd: root, limitS });
      return { output: result.output, tally: tallyOfCheck(name, result.success) };
    },
  };
}

function denoTest(name: string, files: readonly string[]): Unit {
  return {
    name,
    run: async (limitS) => {
      const report = await Deno.makeTempFile({ suffix: ".xml" });
      try {
        const args = ["test", "--quiet", "-A", "--no-check", ...LOCK, `--junit-path=${report}`];
        const result = await limitedCommand(Deno.execPath(), [...args, ...files], {
          cwd: root,
          limitS,
        });
        const tally = result.timedOut
          ? tallyOfCheck(`${name}: not ended after ${Math.round(limitS)} s`, false)
          : tallyOfJunit(await Deno.readTextFile(report), result.success);
        return { output: result.output, tally };
      } finally {
        await Deno.remove(report);
      }
    },
  };
}

/** Test files below a folder, relative to it, sorted. */
async function testFiles(folder: string, prefix = ""): Promise<string[]> {
  const found: string[] = [];
  for await (const entry of Deno.readDir(folder)) {
    const path = `${prefix}${entry.name}`;
    if (entry.isDirectory) found.push(...await testFiles(`${folder}/${entry.name}`, `${path}/`));
    else if (entry.name.endsWith("_test.ts")) found.push(path);
  }
  return found.sort();
}

async function existing(paths: readonly string[]): Promise<string[]> {
  const found: string[] = [];
  for (const path of paths) {
    if (await Deno.stat(root + path).then(() => true, () => false)) found.push(path);
  }
  return found;
}

/** Checks of formats, lints and types of both languages. */
async function checks(tools: string): Promise<Unit[]> {
  const python = await existing(PYTHON_FOLDERS);
  const deno = Deno.execPath();
  const ruff = (...args: string[]) => ["-m", "ruff", ...args, "--config", "tests/python/ruff.toml"];
  return [
    check("types", deno, ["check", "--quiet", ...LOCK, "."]),
    check("format", deno, ["fmt", "--check", "--quiet"]),
    check("lint", deno, ["lint", "--quiet"]),
    check("python format", tools, [...ruff("format", "--check", "--quiet"), ...python]),
    check("python lint", tools, [...ruff("check", "--quiet"), ...python]),
    // Each folder has modules of the same names as others, so that one run cannot hold them all.
    ...python.map((folder) =>
      check(`python types ${folder}`, tools, [
        "-m",
        "mypy",
        "--config-file",
        "tests/python/mypy.ini",
        folder,
      ])
    ),
  ];
}

/** One process a file: they start processes of their own and take from seconds to minutes. */
function oneEach(kind: string, files: readonly string[]): Unit[] {
  const rank = (file: string) => {
    const at = LONGEST_FIRST.indexOf(file);
    return at === -1 ? LONGEST_FIRST.length : at;
  };
  return files.toSorted((a, b) => rank(a) - rank(b))
    .map((file) => denoTest(`${kind} ${file}`, [`tests/${file}`]));
}

async function unitsOf(level: Level): Promise<Unit[]> {
  const onProgress = (message: string) => console.error(message);
  const tools = await pythonInterpreter("dev", { onProgress });
  if (level !== "ok") {
    await pythonInterpreter("confined", { onProgress });
    await pythonInterpreter("models", { onProgress });
  }
  const files = await testFiles(`${root}tests`);
  const isLong = (file: string) => file.endsWith("_long_test.ts");
  const isCampaign = (file: string) => file.endsWith("_campaign_test.ts");
  const fast = files.filter((file) => !isLong(file) && !isCampaign(file));
  const parts = Array.from(
    { length: FAST_PARTS },
    (_, part) => fast.filter((_, i) => i % FAST_PARTS === part),
  );
  return [
    ...(level === "long" ? oneEach("campaign", files.filter(isCampaign)) : []),
    ...(level === "ok" ? [] : oneEach("long", files.filter(isLong))),
    ...await checks(tools),
    ...parts.map((part, i) =>
      denoTest(`fast tests ${i + 1} of ${FAST_PARTS}`, part.map((file) => `tests/${file}`))
    ),
  ];
}

/**
 * Runs units, about as many at once as there are cores; each one's output comes in one piece when it ends. None is begun once the gate's time
 * is over: those fail too.
 */
async function runUnits(units: readonly Unit[], level: Level): Promise<Finished[]> {
  const finished: Finished[] = [];
  const waiting = [...units];
  const gateStart = performance.now();
  const lane = async () => {
    for (let unit = waiting.shift(); unit !== undefined; unit = waiting.shift()) {
      const start = performance.now();
      const left = GATE_LIMIT_S[level] - (start - gateStart) / 1000;
      console.log(`.. ${unit.name}`);
      const { output, tally } = left > 0
        ? await unit.run(Math.min(UNIT_LIMIT_S[level], left))
        : { output: new Uint8Array(), tally: tallyOfCheck(`${unit.name}: not begun`, false) };
      const seconds = (performance.now() - start) / 1000;
      finished.push({ name: unit.name, tally, seconds });
      console.log(`== ${unit.name}`);
      await new Blob([output]).stream().pipeTo(Deno.stdout.writable, { preventClose: true });
    }
  };
  const lanes = navigator.hardwareConcurrency + LANES_MORE[level];
  await Promise.all(Array.from({ length: lanes }, lane));
  return finished;
}

async function main(level: Level): Promise<number> {
  const finished = await runUnits(await unitsOf(level), level);
  const total = sumTallies(finished.map(({ tally }) => tally));
  console.log("");
  for (const { name, tally, seconds } of finished) {
    const verdict = tally.failed === 0 ? "ok    " : "FAILED";
    console.log(`${verdict} ${seconds.toFixed(1).padStart(7)} s  ${name}`);
  }
  for (const failure of total.failures) console.log(`failed: ${failure}`);
  for (const name of total.skipped) console.log(`skipped: ${name}`);
  console.log(`${total.passed} passed, ${total.failed} failed, ${total.skipped.length} skipped`);
  return total.failed === 0 ? 0 : 1;
}

if (import.meta.main) {
  const level = z.enum(LEVELS).safeParse(Deno.args[0]);
  if (!level.success) {
    console.error(`Cannot run the gate: expected one of ${LEVELS.join(", ")}`);
    Deno.exit(2);
  }
  Deno.exit(await main(level.data));
}
