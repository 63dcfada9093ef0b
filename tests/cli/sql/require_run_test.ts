import assert from "node:assert/strict";
import { requireRun } from "../../../lib/cli/sql/require_run.ts";
import type { SqlReader } from "../../../lib/store/mod.ts";

/** A database with these runs. */
function runs(...names: readonly string[]): SqlReader {
  return {
    query: () =>
      Promise.resolve({
        columns: ["name"],
        types: ["VARCHAR"],
        batches: (async function* () {
          yield await Promise.resolve(names.map((name) => [name]));
        })(),
      }),
  };
}

Deno.test("requireRun() passes a run that is there", async () => {
  await requireRun(runs("synth", "evolve"), "evolve");
});

Deno.test.each<[SqlReader, string, string]>([
  [runs("synth", "evolve"), "evovle", 'did you mean "evolve"?'],
  [runs("synth", "evolve"), "nightly", "stored: synth, evolve"],
  [runs(), "nightly", "stored: none"],
])("requireRun() says what there is (case %#)", async (reader, name, hint) => {
  await assert.rejects(requireRun(reader, name), {
    name: "UsageError",
    message: `Cannot look at run "${name}": there is none of this name; ${hint}`,
  });
});
