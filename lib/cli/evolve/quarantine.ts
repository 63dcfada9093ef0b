import { z } from "zod";
import type { EvolveConfig } from "../../config/mod.ts";
import { allRows, ANALYSES, runAnalysis, type SqlReader } from "../../store/mod.ts";

/**
 * Score of `suspect-labels` from which a label is not trusted. Of 600 starter problems, 30 with wrong labels, searched by the policy and
 * PPM of round 4, 26 of those 30 and two others reach it.
 */
const MIN_SCORE = 0.4;

/** Row limit of the analysis: larger than any round. */
const ALL = 2 ** 31 - 1;

/** Run and rounds that the quarantine is asked about. */
export interface QuarantineRequest {
  readonly runNo: number;
  /** Last round whose trees may accuse a label. */
  readonly untilRound: number;
}

/**
 * Problems whose labels later rounds suspect; none unless the configuration asks for it. Rounds before the one ahead of `quarantineFrom`
 * accuse nobody: their policies agree on misconceptions. What is accused once stays out.
 */
export async function quarantinedProblems(
  reader: SqlReader,
  { quarantineFrom }: Pick<EvolveConfig, "quarantineFrom">,
  { runNo, untilRound }: QuarantineRequest,
): Promise<ReadonlySet<string>> {
  const found = new Set<string>();
  if (quarantineFrom === undefined) return found;
  const run = await nameOf(reader, runNo);
  for (let round = quarantineFrom - 1; round <= untilRound; round++) {
    for (const { problem_id, score } of await suspectsOf(reader, run, round)) {
      if (score >= MIN_SCORE) found.add(problem_id);
    }
  }
  return found;
}

async function nameOf(reader: SqlReader, runNo: number): Promise<string> {
  const rows = await allRows(
    reader.query("SELECT name FROM run WHERE run_no = $1", { parameters: [runNo] }),
  );
  return z.tuple([z.tuple([z.string()])]).parse(rows)[0][0];
}

const Suspect = z.object({ problem_id: z.string(), score: z.number() });

async function suspectsOf(reader: SqlReader, run: string, round: number) {
  const analysis = ANALYSES.find(({ name }) => name === "suspect-labels");
  if (analysis === undefined) throw new TypeError("There is no analysis suspect-labels");
  const { columns, batches } = await runAnalysis(reader, analysis, { run, round, limit: ALL });
  return (await Array.fromAsync(batches)).flat().map((row) =>
    Suspect.parse(Object.fromEntries(columns.map((column, i) => [column, row[i]])))
  );
}
