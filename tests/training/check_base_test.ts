import assert from "node:assert/strict";
import { join } from "node:path";
import { checkBase } from "../../lib/training/mod.ts";
import { withFolder } from "../with_folder.ts";

Deno.test("checkBase() says how Python died, where it does not say why a base cannot be trained", async () => {
  await withFolder(async (folder) => {
    const interpreter = join(folder, "python");
    await Deno.writeTextFile(
      interpreter,
      "#!/bin/sh\necho 'no module named transformers' >&2\nexit 1\n",
      {
        mode: 0o755,
      },
    );
    await assert.rejects(checkBase(folder, { interpreter }), {
      name: "InfrastructureError",
      message: /Python died \(exit code 1\): no module named transformers/,
    });
  });
});
