import { Command, Option } from "commander";
import { textTable } from "../../report/bare/mod.ts";
import {
  auditVerdicts,
  gradeMissing,
  groupVotes,
  regrade,
  verdictChanges,
} from "../../evaluation/mod.ts";
import { type Grader, GRADER_VERSION, openGrader, stringGrader } from "../../grading/mod.ts";
import type { DuckdbStore, EvaluationInfo, JudgedSample } from "../../store/mod.ts";
import { databaseOption } from "../database_option.ts";
import { openGradingSandbox } from "../host.ts";
import { notice, print } from "../terminal/output.ts";
import { findEvaluations, labelOf, openStored, readProblemsOf, safeText } from "./stored.ts";
import { terminalTable } from "../terminal/table.ts";

const GRADERS = ["rstar", "string"] as const;

interface GraderOptions {
  readonly db: string;
  readonly json?: true;
}

/** `eval audit`: where two graders disagree. */
export function auditCommand(): Command {
  return new Command("audit")
    .description(
      "Show where the grader and a second one (equal normalised strings) disagree; a person should look at these",
    )
    .argument("[evaluation...]", "numbers, or round-N (default: all)")
    .addOption(databaseOption())
    .option("--json", "print one line of JSON")
    .action(audit);
}

async function audit(names: readonly string[], { db, json }: GraderOptions): Promise<void> {
  await using store = await openStored(db);
  await using second = stringGrader();
  const results = [];
  for (const info of await choose(store, names)) {
    const { evalId } = info;
    await gradeMissing(await readProblemsOf(store, evalId), { store, evalId, grader: second });
    const samples = await store.samples(evalId);
    results.push({ info, ...auditVerdicts(samples, [GRADER_VERSION, second.version]) });
  }
  if (json) {
    return print(JSON.stringify(results.map(({ info, ...rest }) => ({
      eval_id: info.evalId,
      suite: info.suite,
      ...rest,
    }))));
  }
  for (const { info, samples, agreed, disagreements } of results) {
    print(
      `Evaluation ${info.evalId}, ${info.suite}, ${
        labelOf(info)
      }: ${agreed} of ${samples} verdicts agree`,
    );
    if (disagreements.length === 0) continue;
    print(terminalTable(textTable(
      "Answers that one accepts and the other refuses",
      ["problem", "answer", "samples", "accepted by", "refused by", "reasons"],
      disagreements.slice(0, 50).map((one) => [
        one.problemId,
        safeText(one.answer),
        String(one.samples),
        one.acceptedBy,
        one.refusedBy,
        one.reasons.join(", "),
      ]),
    )));
    if (disagreements.length > 50) print(`… and ${disagreements.length - 50} more (--json)`);
  }
}

/** `eval regrade`: another grader over stored answers. */
export function regradeCommand(): Command {
  return new Command("regrade")
    .description(
      "Judge stored answers, and group them for votes, with another grader or this version of it; nothing is generated",
    )
    .argument("[evaluation...]", "numbers, or round-N (default: all)")
    .addOption(
      new Option("--grader <name>", "rstar, or string (equal normalised strings)")
        .choices(GRADERS).default("rstar"),
    )
    .addOption(databaseOption())
    .option("--json", "print one line of JSON")
    .option("--quiet", "no notices")
    .action(regradeStored);
}

async function regradeStored(
  names: readonly string[],
  options: GraderOptions & {
    readonly grader: typeof GRADERS[number];
    readonly quiet?: true;
  },
): Promise<void> {
  await using store = await openStored(options.db);
  await using resources = new AsyncDisposableStack();
  const grader = await openNamed(options.grader, resources, options.quiet ? () => {} : notice);
  const results = [];
  for (const info of await choose(store, names)) {
    const { evalId } = info;
    const before = await store.samples(evalId);
    const counted = await regrade(await readProblemsOf(store, evalId), { store, evalId, grader });
    const votes = await groupVotes({ store, evalId, grader });
    const against = earlierGrader(before);
    const changes = verdictChanges(
      { samples: before, grader: against },
      { samples: await store.samples(evalId), grader: grader.version },
    );
    results.push({ info, ...counted, votes, against, changes });
  }
  if (options.json) {
    return print(
      JSON.stringify(results.map(({ info, judged, failed, votes, against, changes }) => ({
        eval_id: info.evalId,
        suite: info.suite,
        grader: grader.version,
        judged,
        failed,
        votes_grouped: votes.grouped,
        votes_failed: votes.failed,
        against,
        compared: changes.samples,
        now_right: changes.nowRight,
        now_wrong: changes.nowWrong,
      }))),
    );
  }
  for (const { info, judged, failed, votes, against, changes } of results) {
    print(
      `Evaluation ${info.evalId}, ${info.suite}, ${
        labelOf(info)
      }: ${judged} answers judged by ${grader.version}` +
        (failed === 0 ? "" : `, ${failed} could not be judged`) +
        `, votes of ${votes.grouped} problems grouped` +
        (votes.failed === 0 ? "" : `, of ${votes.failed} not`) +
        `; against ${against}: ${changes.nowRight.length} problems gain, ${changes.nowWrong.length} lose`,
    );
    if (changes.nowRight.length > 0) print(`  gain: ${changes.nowRight.slice(0, 10).join(", ")}`);
    if (changes.nowWrong.length > 0) print(`  lose: ${changes.nowWrong.slice(0, 10).join(", ")}`);
  }
}

/** Whose verdicts those of now are compared with: this version's where it has judged before, else the last one's. */
function earlierGrader(before: readonly JudgedSample[]): string {
  const names = new Set(before.flatMap(({ verdicts }) => verdicts.map(({ grader }) => grader)));
  return names.has(GRADER_VERSION) ? GRADER_VERSION : [...names].at(-1) ?? GRADER_VERSION;
}

async function openNamed(
  name: typeof GRADERS[number],
  resources: AsyncDisposableStack,
  onProgress: (message: string) => void,
): Promise<Grader> {
  if (name === "string") return resources.use(stringGrader());
  const sandbox = resources.use(await openGradingSandbox({ onProgress }));
  return resources.use(openGrader({ sandbox }));
}

async function choose(
  store: DuckdbStore,
  names: readonly string[],
): Promise<readonly EvaluationInfo[]> {
  const all = await store.evaluations();
  const found = names.flatMap((name) => findEvaluations(all, name));
  return names.length === 0 ? all : [...new Set(found)];
}
