/** Evaluations that are stored, as the commands that look at them need them. */
import { z } from "zod";
import {
  EVALUATION_MODES,
  type EvaluationModeName,
  type Problem,
  StoreError,
  UsageError,
} from "../../core/mod.ts";
import { type DuckdbStore, type EvaluationInfo, openStore } from "../../store/mod.ts";
import { storedProblems } from "../stored_problems.ts";

/**
 * Opens a database that exists.
 *
 * @throws {UsageError} If there is none.
 */
export async function openStored(db: string): Promise<DuckdbStore> {
  const exists = await Deno.stat(db).then(({ isFile }) => isFile, () => false);
  if (exists) return await openStore(db);
  throw new UsageError(
    `Cannot look at evaluations in "${db}": no such database; name it with --db`,
  );
}

/** Provenance that is kept beside an evaluation, as far as it is printed. */
const Provenance = z.object({ label: z.string() });

/** How an evaluation is called: `round 3, mcts`. */
export function labelOf({ evalId, mode, provenance }: EvaluationInfo): string {
  const parsed = Provenance.safeParse(provenance);
  return parsed.success ? `${parsed.data.label}, ${mode}` : `evaluation ${evalId}, ${mode}`;
}

/**
 * The mode of an evaluation.
 *
 * @throws {StoreError} If it is none that this version knows.
 */
export function modeOf({ evalId, mode }: EvaluationInfo): EvaluationModeName {
  const known = EVALUATION_MODES.find((one) => one === mode);
  if (known !== undefined) return known;
  throw new StoreError(
    `Cannot compare evaluation ${evalId}: expected a mode of ${
      EVALUATION_MODES.join(", ")
    }, got "${mode}"`,
  );
}

/**
 * Finds evaluations by number, or those of a round by `round-3`: of each suite and mode the newest.
 *
 * @throws {UsageError} If there is none.
 */
export function findEvaluations(
  all: readonly EvaluationInfo[],
  name: string,
): readonly EvaluationInfo[] {
  const round = /^(?:r|round-?)(\d+)$/.exec(name)?.[1];
  const found = round === undefined
    ? all.filter(({ evalId }) => String(evalId) === name)
    : newestOfRound(all, Number(round));
  if (found.length > 0) return found;
  throw new UsageError(
    `Cannot find evaluation "${name}": expected a number or round-N, got none of ${all.length} stored; deno task eval list shows them`,
  );
}

function newestOfRound(
  all: readonly EvaluationInfo[],
  round: number,
): readonly EvaluationInfo[] {
  const ofRound = all.filter(({ roundNo }) => roundNo === round);
  const runNo = ofRound.at(-1)?.runNo;
  const newest = new Map(
    ofRound.filter((one) => one.runNo === runNo).map((one) => [`${one.suite}\n${one.mode}`, one]),
  );
  return [...newest.values()];
}

/** Problems of an evaluation with their references, as they were when they were measured. */
export function readProblemsOf(store: DuckdbStore, evalId: number): Promise<readonly Problem[]> {
  return storedProblems(
    store,
    "problem_no IN (SELECT problem_no FROM eval_sample WHERE eval_id = $1)",
    [evalId],
  );
}

/** Model text for a terminal: one line, short, without what a terminal might obey. */
export function safeText(text: string, length = 60): string {
  const line = text.replaceAll(/[\p{Cc}\p{Cf}]+/gu, " ").trim();
  return line.length <= length ? line : `${line.slice(0, length - 1)}…`;
}
