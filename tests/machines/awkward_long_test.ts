/** A first command where nothing stands under a plain name and nobody else may read what one writes. */
import assert from "node:assert/strict";
import { CANNOT_RUN, NO_NAMESPACES } from "../real_sandbox.ts";
import { searchPathWithout, writeProgram } from "../cli/launch/_search_path.ts";
import { runTask, withAdditions } from "../cli/launch/_task.ts";
import { cloneProject } from "./_clone.ts";

const UMASK = ["/bin/sh", "-c", 'umask 077; exec "$@"', "sh"];

/** The interpreter behind whatever `python3` is here. */
async function realPython(): Promise<string> {
  const { stdout } = await new Deno.Command("python3", {
    args: ["-c", "import os, sys; print(os.path.realpath(sys._base_executable))"],
  }).output();
  return new TextDecoder().decode(stdout).trim();
}

Deno.test({
  name:
    `a clone under umask 077 in a folder with blanks and umlauts, whose environments lie behind a link and whose python3 is a shim, runs steps${
      CANNOT_RUN === null ? "" : ` (${CANNOT_RUN})`
    }`,
  ignore: CANNOT_RUN !== null,
  fn: () =>
    withAdditions(1, async ({ folder, synth }) => {
      const project = `${folder}/Kopie für Ärger`;
      await cloneProject(project, "077");
      await Deno.mkdir(`${folder}/scratch`);
      await Deno.symlink(`${folder}/scratch`, `${project}/.rstar`);
      const shims = `${folder}/Prögrammé mit Lücken`;
      await Deno.mkdir(shims);
      await Deno.symlink(await realPython(), `${shims}/echt`);
      await writeProgram(`${shims}/python3`, `exec '${shims}/echt' "$@"`);
      const home = `${folder}/home`;
      await Deno.symlink(Deno.env.get("HOME") ?? "/", home);
      const search = async (path: string) => {
        const env = { HOME: home, PATH: `${shims}:${path}` };
        const { code, stderr } = await runTask([...synth, "--new-run"], {
          project,
          env,
          under: UMASK,
        });
        assert.equal(code, 0, stderr);
        return stderr.match(/(?<=^Sandbox: )Tier . ?[^:]*(?=:)/gm);
      };
      const withBwrap = await search(Deno.env.get("PATH") ?? "");
      if (NO_NAMESPACES === null) assert.deepEqual(withBwrap, ["Tier A"]);
      assert.deepEqual(
        await search(await searchPathWithout(["bwrap", "python3"], `${folder}/programs`)),
        ["Tier A does not work here", "Tier B"],
      );
    }),
});
