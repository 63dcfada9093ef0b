import assert from "node:assert/strict";
import { join } from "node:path";
import { openReadOnly } from "../../../lib/store/mod.ts";
import { runRstar } from "../_rstar.ts";

Deno.test("evolve --quick teaches the starter model with the embedded engine and the real trainer", async () => {
  const folder = await Deno.makeTempDir();
  try {
    const db = join(folder, "starter.duckdb");
    // Half of its problems: what is looked at shows with them, and a whole one takes a user's two cores for five minutes.
    const { code, stdout, stderr } = await runRstar([
      ...["evolve", "--quick", "--problems-per-round", "30", "--eval-problems", "40"],
      ...["--eval-search", "6", "--db", db, "--json"],
    ]);
    assert.equal(code, 0, stderr);
    const { rounds } = JSON.parse(stdout);
    assert.deepEqual(rounds.map(({ round }: { round: number }) => round), [0, 1, 2]);
    for (const { sft_traces, pairs, coverage, ...round } of rounds.slice(1)) {
      const rates = [round.policy_pass1, round.search_pass1, round.false_step_share, coverage];
      assert.ok(rates.every((rate) => typeof rate === "number" && rate >= 0 && rate <= 1));
      assert.ok(sft_traces > 0 && pairs > 0 && coverage > 0);
    }
    // It ends some fifty points above the base; a tenth of that is far outside what seeds and machines make of it.
    assert.ok(rounds[2].policy_pass1 > rounds[0].policy_pass1 + 0.05, stdout);
    {
      using database = await openReadOnly(db);
      const one = async (sql: string) => {
        const { batches } = await database.query(sql);
        const [[row] = []] = await Array.fromAsync(batches);
        return row?.[0];
      };
      assert.equal(
        await one("SELECT count(DISTINCT problem_no) FROM tree WHERE round_no = 2"),
        30,
      );
      assert.equal(
        await one("SELECT count(*) FROM tree WHERE round_no = 2 AND ppm_requests = 0"),
        0,
        "the PPM of round 1 guides every tree of round 2",
      );
      assert.equal(
        await one("SELECT count(*) FROM metric WHERE name = 'loss'") as number > 0,
        true,
      );
    }

    // The same run, ablated: samples of whole programs, an outcome model that ranks them, three policies, false steps by execution.
    const ablated = await runRstar([
      ...["ablate", "sft", "--quick", "--db", db, "--json"],
      ...["--problems", "8", "--traces", "1", "--eval-problems", "4"],
    ]);
    assert.equal(ablated.code, 0, ablated.stderr);
    const { arms, figures } = JSON.parse(ablated.stdout);
    assert.equal(arms.length, 3);
    for (const figure of figures) {
      const share = figure["share of traces with a false step"];
      assert.ok(share >= 0 && share <= 1 && figure["traces"] > 0 && figure["share solved"] > 0);
    }
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});
