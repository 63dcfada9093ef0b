import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { z } from "zod";
import { type Engine, startEmbeddedEngine } from "../../lib/engine/mod.ts";
import { testPolicy } from "../conformance/policy.ts";
import { testPpm } from "../conformance/ppm.ts";
import { INTERPRETER, makeModels, missingModels, runScript } from "../engine/_models.ts";
import { policyAt, ppmAt } from "./_connect.ts";

const STARTER = fileURLToPath(new URL("../../fixtures/starter/base", import.meta.url));

let models = "";
let engine: Engine | null = null;

Deno.test.beforeAll(async () => {
  if (missingModels !== null) return;
  models = await makeModels();
  engine = await startEmbeddedEngine({
    interpreter: INTERPRETER,
    policy: STARTER,
    ppm: join(models, "ppm"),
  });
});

Deno.test.afterAll(async () => {
  await engine?.[Symbol.asyncDispose]();
  if (models !== "") await Deno.remove(models, { recursive: true });
});

/** Both models are served by one process, under the names that the engine gives them. */
const url = () => engine?.url ?? "";

testPolicy("the embedded engine", {
  ...policyAt(url, { served: "policy" }),
  maxModelLength: 4096,
  writesFormat: true,
  takesSeeds: true,
  showsTokens: true,
  missing: missingModels,
  isProcess: true,
});

testPpm("the embedded engine", {
  ...ppmAt(url, { served: "ppm" }),
  missing: missingModels,
  isProcess: true,
  reference: async (texts) => {
    const args = ["score", join(models, "ppm")];
    const printed = await runScript("reference.py", args, JSON.stringify(texts));
    return z.array(z.number()).parse(JSON.parse(printed));
  },
});
