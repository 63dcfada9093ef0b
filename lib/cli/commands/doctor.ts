import { Command, Option } from "commander";
import { InfrastructureError } from "../../core/mod.ts";
import {
  type AttackTotals,
  checkSandbox,
  describeTier,
  probeTiers,
  runAttacks,
} from "../../sandbox/mod.ts";
import { findBwrap, openGradingSandbox, openSandbox, pythonInterpreter } from "../host.ts";
import { notice, print } from "../output.ts";
import { openGrader } from "../../grading/mod.ts";

/** One thing that was looked at. */
interface Finding {
  readonly name: string;
  readonly ok: boolean;
  readonly detail: string;
}

interface DoctorOptions {
  readonly attacks?: string[];
  readonly tier?: "A" | "B" | "C";
  readonly json?: true;
}

/** `doctor`: what works on this machine, and how well model-written code is confined. */
export function doctorCommand(): Command {
  return new Command("doctor")
    .description("Say what works on this machine and how well steps are confined")
    .option("--attacks <files...>", "run corpora of attacks against the sandbox instead")
    .addOption(new Option("--tier <tier>", "tier to attack").choices(["A", "B", "C"]))
    .option("--json", "print one line of JSON on standard output")
    .action(async (options: DoctorOptions) => {
      const { attacks } = options;
      if (attacks === undefined) await examine(options);
      else await attack(attacks, options);
    });
}

async function attack(files: readonly string[], options: DoctorOptions): Promise<void> {
  const totals = await runAttacks(files, {
    interpreter: await pythonInterpreter("confined", { onProgress: notice }),
    bwrap: await findBwrap(),
    ...(options.tier === undefined ? {} : { tier: options.tier }),
    onRecord: (record) => {
      const verdict = record.skipped ? "skipped" : record.ok ? "ok" : "FAILED";
      const line = `${verdict.padEnd(7)} ${record.id} ${record.problems.join("; ")}`.trimEnd();
      (options.json ? notice : print)(line);
    },
  });
  print(options.json ? JSON.stringify(totals) : totalsLine(totals));
  if (totals.failed.length > 0) {
    throw new InfrastructureError(
      "sandbox",
      `The sandbox failed ${totals.failed.length} of ${totals.run} attacks in tier ${totals.tier}: ` +
        "do not run model-written code here; report it as docs/security.md says",
    );
  }
}

function totalsLine(totals: AttackTotals): string {
  return `tier ${totals.tier}: ${totals.passed} of ${totals.run} held, ` +
    `${totals.failed.length} failed, ${totals.skipped.length} skipped`;
}

async function examine(options: DoctorOptions): Promise<void> {
  const findings: Finding[] = [];
  const say = (finding: Finding) => {
    findings.push(finding);
    if (options.json) return;
    print(`${finding.ok ? "ok    " : "FAILED"} ${finding.name}${detailOf(finding)}`);
  };
  say({ name: `Deno ${Deno.version.deno}`, ok: true, detail: "" });
  await examineSandbox(say);
  await examineGrader(say);
  if (options.json) print(JSON.stringify({ ok: findings.every((f) => f.ok), findings }));
  if (findings.some((finding) => !finding.ok)) {
    throw new InfrastructureError("process", "This machine is not ready; see the lines above");
  }
}

function detailOf({ detail }: Finding): string {
  return detail === "" ? "" : `: ${detail}`;
}

async function examineSandbox(say: (finding: Finding) => void): Promise<void> {
  const interpreter = await pythonInterpreter("confined", { onProgress: notice });
  const tiers = await probeTiers({ interpreter, bwrap: await findBwrap() });
  for (const tier of tiers) {
    // One working tier is enough; the others are told, not held against the machine.
    const ok = tier.works || tiers.some((other) => other.works);
    say({ name: `sandbox tier ${tier.tier}`, ok, detail: describeTier(tier) });
  }
  if (!tiers.some((tier) => tier.works)) return;
  await using sandbox = await openSandbox({ workers: 1, onProgress: () => {} });
  for (const check of await checkSandbox(sandbox)) say({ ...check, name: `step: ${check.name}` });
}

/** Fixed pairs: equal by form, by value, by symbols; and unequal. */
const PAIRS = [
  ["1/2", "0.5", true],
  ["16", "16", true],
  ["1,000", "1000", true],
  ["x^2 - 1", "(x-1)(x+1)", true],
  ["\\frac{\\sqrt{2}}{2}", "\\frac{1}{\\sqrt{2}}", true],
  ["(0,9)", "[0,9)", false],
  ["100000000000", "99999999999", false],
  ["2x+1", "2x-1", false],
] as const;

async function examineGrader(say: (finding: Finding) => void): Promise<void> {
  await using sandbox = await openGradingSandbox({ onProgress: () => {} });
  await using grader = openGrader({ sandbox });
  for (const [gold, answer, expected] of PAIRS) {
    const verdict = await grader.grade({ answer: gold, meta: {} }, answer);
    say({
      name: `grader: ${gold} ${expected ? "equals" : "differs from"} ${answer}`,
      ok: verdict.correct === expected,
      detail: verdict.correct === expected ? "" : `judged ${verdict.reason}`,
    });
  }
}
