import assert from "node:assert/strict";
import { fileURLToPath } from "node:url";
import { temporaryFolder } from "../store/_files.ts";

const root = fileURLToPath(new URL("../../", import.meta.url));

Deno.test("the page's script is what its sources give: deno task viewer:build", async () => {
  const { tasks } = JSON.parse(await Deno.readTextFile(`${root}deno.json`));
  const command: string = tasks["viewer:build"].command;
  const target = "lib/viewer/client/dist/app.js";
  await using folder = await temporaryFolder();
  const made = `${folder.path}/app.js`;
  const args = command.replace(target, made).split(" ").slice(1);
  assert.ok(args.includes(made), command);
  const { code, stderr } = await new Deno.Command(Deno.execPath(), { args, cwd: root }).output();
  assert.equal(code, 0, new TextDecoder().decode(stderr));
  const [built, shipped] = await Promise.all(
    [made, root + target].map((path) => Deno.readTextFile(path)),
  );
  assert.ok(built === shipped, `${target} is out of date: run deno task viewer:build`);
});
