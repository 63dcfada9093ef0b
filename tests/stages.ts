/**
 * Runs the stages of the gate one after the other, prints how long each took and, last, `N passed, N failed, N skipped`.
 *
 *   deno run -A tests/stages.ts ok     what every commit keeps green (minutes)
 *   deno run -A tests/stages.ts test   all that CI runs
 *   deno run -A tests/stages.ts long   campaigns as well
 */
import { z } from "zod";
import { pythonInterpreter } from "../lib/cli/host.ts";

const root = new URL("../", import.meta.url).pathname;
const PYTHON_FOLDERS = [
  "lib/sandbox/supervisor",
  "lib/sandbox/attacks",
  "lib/engine/server",
  "lib/grading/worker",
  "lib/starter/pretrain",
  "lib/training/trainer",
  "tests/evaluation/statistics",
  "tests/sandbox/python",
  "tests/store/python",
];
const LEVELS = ["ok", "test", "long"] as const;
type Level = typeof LEVELS[number];

/** A failed test of a JUnit report: its name and its message. */
const FAILURE = /<testcase name="([^"]*)"[^>]*>\s*<failure message="[^"]*">([^]*?)<\/failure>/g;

/** Why a test is skipped, at the end of its name. */
const REASON = /\([^()]+\)$/;

/** Lines of a failed test's message that are repeated at the end. */
const MESSAGE_LINES = 6;

interface Tally {
  readonly passed: number;
  readonly failed: number;
  readonly skipped: readonly string[];
  /** Name and beginning of the message of each failed test: the end of a log is what people see first. */
  readonly failures: readonly string[];
}

interface Stage {
  readonly name: string;
  readonly run: () => Promise<Tally>;
}

async function command(program: string, args: readonly string[]): Promise<boolean> {
  const child = new Deno.Command(program, { args: [...args], cwd: root, stdin: "null" }).spawn();
  return (await child.status).success;
}

function check(name: string, program: string, args: readonly string[]): Stage {
  return {
    name,
    run: async () => {
      const ok = await command(program, args);
      return { passed: ok ? 1 : 0, failed: ok ? 0 : 1, skipped: [], failures: ok ? [] : [name] };
    },
  };
}

/** Counts of a JUnit report; a suite that broke before its tests counts as one failure. */
function readJunit(xml: string, ok: boolean): Tally {
  const numbers = z.coerce.number();
  const sum = (name: string) =>
    [...xml.matchAll(new RegExp(`<testsuite [^>]*\\b${name}="(\\d+)"`, "g"))]
      .reduce((total, match) => total + numbers.parse(match[1]), 0);
  const failed = sum("failures") + sum("errors");
  const skipped = [...xml.matchAll(/<testcase name="([^"]*)"[^>]*>\s*<skipped/g)]
    .map((match) => match[1] ?? "");
  const unexplained = skipped.filter((name) => !REASON.test(name));
  const failures = [...xml.matchAll(FAILURE)].map((match) =>
    `${match[1]}\n${(match[2] ?? "").split("\n").slice(0, MESSAGE_LINES).join("\n")}`
  );
  const passed = sum("tests") - failed - sum("disabled");
  return {
    passed,
    failed: (ok ? failed : Math.max(1, failed)) + unexplained.length,
    skipped,
    failures: [
      ...failures,
      ...unexplained.map((name) =>
        `${name}\nskipped without a reason: put one at the end of its name, in brackets`
      ),
    ],
  };
}

function denoTest(name: string, files: readonly string[]): Stage {
  return {
    name,
    run: async () => {
      if (files.length === 0) return { passed: 0, failed: 0, skipped: [], failures: [] };
      const report = await Deno.makeTempFile({ suffix: ".xml" });
      try {
        const args = ["test", "--quiet", "-A", "--no-check", `--junit-path=${report}`, ...files];
        const ok = await command(Deno.execPath(), args);
        return readJunit(await Deno.readTextFile(report), ok);
      } finally {
        await Deno.remove(report);
      }
    },
  };
}

async function testFiles(folder: string): Promise<string[]> {
  const found: string[] = [];
  for await (const entry of Deno.readDir(folder)) {
    const path = `${folder}/${entry.name}`;
    if (entry.isDirectory) found.push(...await testFiles(path));
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

async function stagesOf(level: Level): Promise<Stage[]> {
  const onProgress = (message: string) => console.error(message);
  const tools = await pythonInterpreter("dev", { onProgress });
  if (level !== "ok") {
    await pythonInterpreter("confined", { onProgress });
    await pythonInterpreter("models", { onProgress });
  }
  const python = await existing(PYTHON_FOLDERS);
  const files = await testFiles(`${root}tests`);
  const isLong = (file: string) => file.endsWith("_long_test.ts");
  const isCampaign = (file: string) => file.endsWith("_campaign_test.ts");
  const deno = Deno.execPath();
  const ruff = (...args: string[]) => ["-m", "ruff", ...args, "--config", "tests/python/ruff.toml"];
  const stages: Stage[] = [
    check("format", deno, ["fmt", "--check", "--quiet"]),
    check("lint", deno, ["lint", "--quiet"]),
    check("types", deno, ["check", "--quiet", "."]),
    check("python format", tools, [...ruff("format", "--check", "--quiet"), ...python]),
    check("python lint", tools, [...ruff("check", "--quiet"), ...python]),
    ...python.map((folder) =>
      check(`python types ${folder}`, tools, [
        "-m",
        "mypy",
        "--config-file",
        "tests/python/mypy.ini",
        folder,
      ])
    ),
    denoTest("fast tests", files.filter((file) => !isLong(file) && !isCampaign(file))),
  ];
  if (level !== "ok") stages.push(denoTest("long tests", files.filter(isLong)));
  if (level === "long") stages.push(denoTest("campaigns", files.filter(isCampaign)));
  return stages;
}

async function main(level: Level): Promise<number> {
  let passed = 0;
  let failed = 0;
  const skipped: string[] = [];
  const failures: string[] = [];
  const times: string[] = [];
  for (const stage of await stagesOf(level)) {
    const start = performance.now();
    console.log(`== ${stage.name}`);
    const tally = await stage.run();
    passed += tally.passed;
    failed += tally.failed;
    skipped.push(...tally.skipped);
    failures.push(...tally.failures);
    const seconds = ((performance.now() - start) / 1000).toFixed(1);
    times.push(
      `${tally.failed === 0 ? "ok    " : "FAILED"} ${seconds.padStart(7)} s  ${stage.name}`,
    );
  }
  console.log(`\n${times.join("\n")}`);
  for (const failure of failures) console.log(`failed: ${failure}`);
  for (const name of skipped) console.log(`skipped: ${name}`);
  console.log(`${passed} passed, ${failed} failed, ${skipped.length} skipped`);
  return failed === 0 ? 0 : 1;
}

if (import.meta.main) {
  const level = z.enum(LEVELS).safeParse(Deno.args[0]);
  if (!level.success) {
    console.error(`Cannot run the gate: expected one of ${LEVELS.join(", ")}`);
    Deno.exit(2);
  }
  Deno.exit(await main(level.data));
}
