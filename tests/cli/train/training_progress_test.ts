import assert from "node:assert/strict";
import { TrainingProgress } from "../../../lib/cli/train/training_progress.ts";

Deno.test("TrainingProgress shows the newest, and hands on what the next line must not overwrite", () => {
  const notices: string[] = [];
  const progress = new TrainingProgress((text) => notices.push(text));
  progress.take({ event: "data", rows: 5, heldOut: 1, tooLong: 2, added: 0 });
  progress.take({ event: "notice", message: "beginning anew: another seed" });
  assert.deepEqual(notices, ["training: beginning anew: another seed"]);
  assert.equal(progress.picture().line, "5 rows, 1 held out, 2 too long");
});
