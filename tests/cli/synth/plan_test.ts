import assert from "node:assert/strict";
import { join } from "node:path";
import { planSynth } from "../../../lib/cli/synth/plan.ts";
import { SynthConfig } from "../../../lib/config/mod.ts";

async function calibration(settings: Readonly<Record<string, unknown>>, note?: string) {
  const folder = await Deno.makeTempDir();
  try {
    if (note !== undefined) await Deno.writeTextFile(join(folder, "rstar.json"), note);
    const config = SynthConfig.parse({
      limit: 1,
      preset: "starter/r3",
      ppm: folder,
      ...settings,
    });
    return (await planSynth(config)).spec.calibration;
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

const NOTE = JSON.stringify({ kind: "ppm", calibration: { b: 0.5, tau: 3 } });

Deno.test("planSynth() takes the PPM's scale from its checkpoint, flags first", async () => {
  assert.equal(await calibration({}), null);
  assert.deepEqual(await calibration({}, NOTE), { bias: 0.5, scale: 3 });
  assert.deepEqual(await calibration({ ppmScale: 2 }, NOTE), { bias: 0.5, scale: 2 });
  assert.deepEqual(await calibration({ ppmBias: -1 }), { bias: -1, scale: 1 });
  assert.deepEqual(
    await calibration({ preset: "paper/r3" }, NOTE),
    { bias: 0, scale: 1 },
    "a preset that names a scale keeps it",
  );
});

Deno.test("planSynth() refuses a checkpoint's note that it cannot read, and a scale without a PPM", async () => {
  await assert.rejects(() => calibration({}, "{"), { name: "ConfigError", message: /--ppm-bias/ });
  await assert.rejects(
    () => calibration({}, JSON.stringify({ calibration: { b: 0, tau: 0 } })),
    { name: "ConfigError" },
  );
  await assert.rejects(
    () => planSynth(SynthConfig.parse({ limit: 1, ppmBias: 1 })),
    { name: "ConfigError", message: /asks no PPM/ },
  );
});

Deno.test("SynthConfig refuses a budget of money without prices, and a scale that is given twice", () => {
  assert.equal(SynthConfig.safeParse({ budgetPrice: 1 }).success, false);
  assert.equal(SynthConfig.safeParse({ problemBudget: { price: 1 } }).success, false);
  const prices = { policy: { input: 1, output: 2 } };
  assert.equal(SynthConfig.safeParse({ budgetPrice: 1, prices }).success, true);
  const search = { calibration: { bias: 0, scale: 1 } };
  assert.equal(SynthConfig.safeParse({ ppmScale: 1, search }).success, false);
});
