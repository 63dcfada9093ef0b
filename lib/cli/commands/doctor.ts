import { Command, Option } from "commander";
import { join } from "node:path";
import { SynthConfig } from "../../config/mod.ts";
import { InfrastructureError } from "../../core/mod.ts";
import { type AttackTotals, runAttacks } from "../../sandbox/mod.ts";
import { examineEndpoints } from "../doctor/endpoints.ts";
import {
  countLevels,
  type Finding,
  finding,
  findingLine,
  type Say,
  summaryLine,
} from "../doctor/finding.ts";
import {
  examineClock,
  examineControl,
  examineDatabase,
  examineDeno,
  examineDisk,
  examineFileLimit,
  examineFolders,
  examinePermissions,
} from "../doctor/machine.ts";
import { examineConfined, examineModels } from "../doctor/python.ts";
import { examineGrader, examineSandbox } from "../doctor/sandbox.ts";
import { findBwrap, pythonInterpreter } from "../host.ts";
import { notice, print } from "../terminal/output.ts";
import { PROJECT_ROOT } from "../../process/mod.ts";
import { SaidAlready } from "../said_already.ts";
import { addSettings, commandConfig } from "../settings.ts";
import { planEstimate, planSynth } from "../synth/plan.ts";

interface AttackOptions {
  readonly attacks: string[];
  readonly tier?: "A" | "B" | "C";
  readonly json?: true;
}

/** `doctor`: what works on this machine, how well model-written code is confined, and what would go wrong with a run. */
export function doctorCommand(): Command {
  const command = new Command("doctor")
    .description(
      "Say what works on this machine, how well steps are confined, and what would go wrong with a run " +
        "(takes the settings of synth, or its --config)",
    )
    .option("--attacks <files...>", "run corpora of attacks against the sandbox instead")
    .addOption(new Option("--tier <tier>", "tier to attack").choices(["A", "B", "C"]));
  return addSettings(command, SynthConfig).action(
    async ({ attacks, tier, ...options }: Record<string, string | boolean> & AttackOptions) => {
      const json = options.json === true ? { json: true as const } : {};
      if (attacks !== undefined) {
        return await attack(attacks, { attacks, ...json, ...(tier === undefined ? {} : { tier }) });
      }
      await examine((await commandConfig(SynthConfig, options)).config);
    },
  );
}

async function attack(files: readonly string[], options: AttackOptions): Promise<void> {
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

async function examine(config: SynthConfig): Promise<void> {
  const findings: Finding[] = [];
  const say = (finding: Finding) => {
    findings.push(finding);
    if (!config.json) print(findingLine(finding));
  };
  await examineDeno(say);
  await examinePermissions(say);
  await examineClock(say);
  const nodes = await estimatedNodes(config, say);
  await examineDisk(say, { db: config.db, nodes });
  await examineFolders(say, { db: config.db, cache: join(PROJECT_ROOT, ".rstar") });
  await examineDatabase(say, config.db);
  await examineControl(say, config.db);
  const interpreter = await examineConfined(say);
  if (interpreter !== null) await examineFileLimit(say, interpreter);
  await examineModels(say);
  await examineEndpoints(say, config);
  await examineSandbox(say, interpreter);
  if (interpreter !== null) await examineGrader(say);
  const counts = countLevels(findings);
  const isReady = counts.fail === 0;
  print(
    config.json
      ? JSON.stringify({ ok: isReady, counts, findings, summary: summaryLine(findings) })
      : summaryLine(findings),
  );
  if (!isReady) throw new SaidAlready();
}

/** Estimates how many nodes the planned trees have at most; `null` where the settings make no plan, which is a finding of its own. */
async function estimatedNodes(config: SynthConfig, say: Say): Promise<number | null> {
  let nodes: number | null = null;
  const planned = await finding("plan", async () => {
    nodes = planEstimate(await planSynth(config)).candidates;
    return `at most ${nodes} candidates`;
  });
  say(planned);
  return nodes;
}
