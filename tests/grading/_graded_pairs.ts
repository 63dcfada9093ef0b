import { z } from "zod";

const FOLDER = new URL("../../fixtures/grading/", import.meta.url);

/** Files of graded pairs, without their ending. */
export const PAIR_FILES = ["published", "probes", "reports", "own"] as const;

const GradedPair = z.object({
  id: z.string(),
  kind: z.enum(["equiv", "extract"]),
  gold: z.string(),
  pred: z.string(),
  expected: z.boolean(),
});

/** The text of a file of graded pairs. */
export function readPairText(name: string): string {
  return Deno.readTextFileSync(new URL(`${name}.jsonl`, FOLDER)).trim();
}

/** The pairs of a file. */
export function readPairs(name: string): z.infer<typeof GradedPair>[] {
  return readPairText(name).split("\n").map((line) => GradedPair.parse(JSON.parse(line)));
}
