import assert from "node:assert/strict";
import { UsageError } from "../../lib/core/mod.ts";
import { startEmbeddedEngine } from "../../lib/engine/mod.ts";

Deno.test("startEmbeddedEngine() needs something to serve", async () => {
  await assert.rejects(
    startEmbeddedEngine({ interpreter: "python3" }),
    new UsageError("Cannot start the engine: expected a policy or a PPM, got neither"),
  );
});

Deno.test("startEmbeddedEngine() names a folder that is no checkpoint", async () => {
  const folder = await Deno.makeTempDir();
  await assert.rejects(
    startEmbeddedEngine({ interpreter: "python3", policy: folder }),
    (error) =>
      error instanceof UsageError && error.message ===
        `Cannot serve "${folder}": expected a checkpoint folder with a config.json, got none; ` +
          "name a folder in Hugging Face format",
  );
  await Deno.remove(folder);
});
