import assert from "node:assert/strict";
import { join } from "node:path";
import { planEvolve } from "../../../lib/cli/evolve/plan.ts";
import { checkCommands, checkMachine } from "../../../lib/cli/evolve/preflight.ts";
import { EvolveConfig } from "../../../lib/config/mod.ts";
import { withFolder } from "../../with_folder.ts";

/** There is no Python to be asked for. */
function nobody(): Promise<string> {
  return Promise.reject(new Error("asked for Python"));
}

const SERVED = { hooks: { serve: ["true", "{policy}"] }, problemsPerRound: 2 };

Deno.test.each<[string, Readonly<Record<string, unknown>>, RegExp]>([
  [
    "a placeholder of hooks.serve",
    { hooks: { serve: ["true", "{polcy}"] } },
    /Cannot use "\{polcy\}" in hooks\.serve/,
  ],
  [
    "a placeholder of trainer.command",
    { trainer: { command: ["true", "{outptu}"] } },
    /Cannot use \{outptu\} in trainer\.command/,
  ],
])("evolve refuses %s that there is not before anything begins", (_name, settings, message) => {
  assert.throws(() => checkCommands(EvolveConfig.parse(settings)), { message });
});

Deno.test.each<[string, Readonly<Record<string, unknown>>, RegExp | null]>([
  ["what is there", SERVED, null],
  ["a program of {python}", { trainer: { command: ["{python}", "{request}"] } }, null],
  [
    "a serving program that is not there",
    { hooks: { serve: ["no-such-program"] } },
    /Cannot run hooks\.serve: there is no executable "no-such-program"/,
  ],
  [
    "a trainer that is not there",
    { trainer: { command: ["no-such-trainer", "{request}"] } },
    /Cannot run trainer\.command: there is no executable "no-such-trainer"/,
  ],
  [
    "a configuration of accelerate that is not there",
    { trainer: { accelerate: "/nowhere.yaml" } },
    /Cannot train with trainer\.accelerate "\/nowhere\.yaml"/,
  ],
  [
    "a base that only the hook knows",
    { ...SERVED, base: "Qwen/Qwen2.5-Math-7B" },
    /Cannot use checkpoint "Qwen\/Qwen2\.5-Math-7B"/,
  ],
  [
    "such a base where nothing is going to be trained",
    { ...SERVED, base: "Qwen/Qwen2.5-Math-7B", stopAfter: "sft" },
    null,
  ],
])("evolve looks for %s before it searches", async (_name, settings, message) => {
  const config = EvolveConfig.parse(settings);
  const looked = checkMachine(config, await planEvolve(config), { interpreter: nobody });
  if (message === null) await looked;
  else await assert.rejects(looked, { message });
});

Deno.test("evolve has our trainer look at a base's tokenizer before it searches, wherever that trainer trains", async () => {
  await withFolder(async (base) => {
    await Deno.writeTextFile(join(base, "config.json"), "{}");
    await Deno.writeTextFile(join(base, "model.safetensors"), "");
    const interpreter = join(base, "python");
    const event = { event: "failed", kind: "model", message: "no end of sequence" };
    await Deno.writeTextFile(interpreter, `#!/bin/sh\necho '${JSON.stringify(event)}'\nexit 3\n`, {
      mode: 0o755,
    });
    const look = async (settings: Readonly<Record<string, unknown>>) => {
      const config = EvolveConfig.parse({ ...SERVED, base, ...settings });
      await checkMachine(config, await planEvolve(config), {
        interpreter: () => Promise.resolve(interpreter),
      });
    };
    const refused = { name: "UsageError", message: "no end of sequence" };
    await assert.rejects(look({}), refused);
    await assert.rejects(
      look({ trainer: { command: ["env", "{python}", "{trainer}", "{request}"] } }),
      refused,
    );
    await look({ trainer: { command: ["env", "true", "{request}"] } });
    await look({ stopAfter: "sft" });
  });
});
