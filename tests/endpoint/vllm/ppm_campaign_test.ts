/** The contract of a PPM over real vLLM on the CPU; scores are compared with transformers' own: `deno task test:vllm`. */
import { join } from "node:path";
import { z } from "zod";
import { testPpm } from "../../conformance/ppm.ts";
import { makeModels, missingModels, runScript } from "../../engine/_models.ts";
import { ppmAt } from "../_connect.ts";
import { installVllm, startVllm, type VllmServer } from "./_server.ts";

let models = "";
let server: VllmServer | null = null;

Deno.test.beforeAll(async () => {
  if (missingModels !== null) return;
  await installVllm();
  models = await makeModels();
  server = await startVllm({
    model: join(models, "ppm"),
    servedName: "ppm",
    args: ["--runner", "pooling", "--dtype", "float32"],
  });
});

Deno.test.afterAll(async () => {
  await server?.[Symbol.asyncDispose]();
  if (models !== "") await Deno.remove(models, { recursive: true });
});

testPpm("vLLM", {
  ...ppmAt(() => server?.url ?? ""),
  missing: missingModels,
  isProcess: true,
  reference: async (texts) => {
    const args = ["score", join(models, "ppm")];
    const printed = await runScript("reference.py", args, JSON.stringify(texts));
    return z.array(z.number()).parse(JSON.parse(printed));
  },
});
