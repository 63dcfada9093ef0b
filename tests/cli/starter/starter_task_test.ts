import assert from "node:assert/strict";
import { fileURLToPath } from "node:url";
import { starterTask } from "../../../lib/cli/starter/starter_task.ts";
import { type BaseFigures, readManifest, reproduceStarter } from "../../../lib/starter/mod.ts";

const shipped = fileURLToPath(new URL("../../../fixtures/starter", import.meta.url));
const options = { shipped, onProgress: () => {}, signal: new AbortController().signal };

/** Figures that ship, by checkpoint folder; `change` plays a model that does otherwise. */
async function shippedFigures(change: (figures: BaseFigures) => BaseFigures = (f) => f) {
  const { models } = await readManifest(shipped);
  return (checkpoint: string) => {
    const figures = Object.values(models).find(({ folder }) => checkpoint.endsWith(`/${folder}`))
      ?.figures;
    assert.ok(figures);
    return Promise.resolve(change(figures));
  };
}

const readProblems = () => Promise.resolve([]);
const interpreter = () => Promise.resolve("/python");

Deno.test("starterTask() measures the models that ship, and says where they do otherwise", async () => {
  const check = { ...options, outFolder: null };
  const same = await starterTask(check, {
    interpreter,
    readProblems,
    measure: await shippedFigures(),
  });
  assert.deepEqual(same.differences, []);
  const worse = await starterTask(check, {
    interpreter,
    readProblems,
    measure: await shippedFigures((figures) => ({
      ...figures,
      levels: figures.levels.map((level) => ({ ...level, greedy: 0 })),
    })),
  });
  assert.match(
    worse.differences.join("\n"),
    /^Model "base", level 1: greedy is 0\.000, shipped 0\.7/,
  );
});

Deno.test("starterTask() hands folder, interpreter and measure to what makes the world", async () => {
  const seen: Parameters<typeof reproduceStarter>[0][] = [];
  const manifest = await readManifest(shipped);
  const measure = await shippedFigures();
  const outcome = await starterTask({ ...options, outFolder: "/out" }, {
    interpreter,
    readProblems,
    measure,
    reproduce: (request) => {
      seen.push(request);
      return Promise.resolve({ ...manifest, generatorVersion: 0 });
    },
  });
  assert.deepEqual(
    seen.map(({ outFolder, interpreter, measure: used }) => [outFolder, interpreter, used]),
    [["/out", "/python", measure]],
  );
  assert.match(outcome.differences.join("\n"), /^Generator version 0, shipped/);
});
