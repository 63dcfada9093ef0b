import assert from "node:assert/strict";
import { join } from "node:path";
import { z } from "zod";
import { checkBase } from "../../lib/training/mod.ts";
import { INTERPRETER, modelTest } from "../engine/_models.ts";
import { withFolder } from "../with_folder.ts";

const BASE = new URL("../../fixtures/starter/base", import.meta.url).pathname;
const FILES = ["config.json", "tokenizer.json", "tokenizer_config.json"];
const Json = z.record(z.string(), z.unknown());

/** Changes a file of JSON. */
async function edit(
  path: string,
  change: (value: Record<string, unknown>) => Record<string, unknown>,
): Promise<void> {
  const value = Json.parse(JSON.parse(await Deno.readTextFile(path)));
  await Deno.writeTextFile(path, JSON.stringify(change(value)));
}

modelTest(
  "checkBase() finds what the trainer would find in a base, before there is data",
  async () => {
    await checkBase(BASE, { interpreter: INTERPRETER });
    await withFolder(async (folder) => {
      await Promise.all(FILES.map((name) => Deno.copyFile(join(BASE, name), join(folder, name))));
      const refused = (message: RegExp) =>
        assert.rejects(checkBase(folder, { interpreter: INTERPRETER }), {
          name: "UsageError",
          message,
        });
      await Deno.writeTextFile(join(folder, "pytorch_model.bin"), "");
      await refused(/weights are a pickle \("pytorch_model\.bin"\).*convert it to safetensors/);
      await Deno.remove(join(folder, "pytorch_model.bin"));
      await edit(
        join(folder, "tokenizer_config.json"),
        (config) => ({ ...config, eos_token: null }),
      );
      await refused(/expected a tokenizer with an end-of-sequence token, got none/);
      await Deno.remove(join(folder, "tokenizer.json"));
      await Deno.remove(join(folder, "tokenizer_config.json"));
      await refused(/Cannot load the tokenizer of/);
      // transformers makes up a tokenizer for this kind.
      await edit(join(folder, "config.json"), (config) => ({ ...config, model_type: "qwen2" }));
      await refused(/that knows text, got an empty one/);
    });
  },
);
