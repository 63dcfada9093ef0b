/** The contract of a PPM over real vLLM on the CPU; scores are compared with transformers' own: `deno task test:vllm`. */
import { fileURLToPath } from "node:url";
import { z } from "zod";
import { runProcess } from "../../../lib/process/mod.ts";
import { testPpm } from "../../conformance/ppm.ts";
import { INTERPRETER, missingModels, runScript } from "../../engine/_models.ts";
import { ppmAt } from "../_connect.ts";
import { installVllm, startVllm, type VllmServer } from "./_server.ts";

const BASE = fileURLToPath(new URL("../../../fixtures/starter/base", import.meta.url));
const MAKE_PPM = fileURLToPath(new URL("./make_ppm.py", import.meta.url));

let folder = "";
let server: VllmServer | null = null;

Deno.test.beforeAll(async () => {
  if (missingModels !== null) return;
  await installVllm();
  folder = await Deno.makeTempDir({ prefix: "rstar-vllm-" });
  const made = await runProcess(INTERPRETER, ["-I", "-B", MAKE_PPM, BASE, folder], {
    env: { HF_HUB_OFFLINE: "1" },
  });
  if (made.code !== 0) throw new Error(`Cannot make a PPM: ${made.stderr}`);
  server = await startVllm({
    model: folder,
    servedName: "ppm",
    args: ["--runner", "pooling", "--dtype", "float32"],
  });
});

Deno.test.afterAll(async () => {
  await server?.[Symbol.asyncDispose]();
  if (folder !== "") await Deno.remove(folder, { recursive: true });
});

testPpm("vLLM", {
  ...ppmAt(() => server?.url ?? ""),
  missing: missingModels,
  isProcess: true,
  reference: async (texts) => {
    const args = ["score", folder];
    const printed = await runScript("reference.py", args, JSON.stringify(texts));
    return z.array(z.number()).parse(JSON.parse(printed));
  },
});
