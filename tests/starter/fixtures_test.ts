import assert from "node:assert/strict";
import { Problem } from "../../lib/core/mod.ts";
import {
  BASE_MODELS,
  GENERATOR_VERSION,
  manifestFiles,
  PROBLEM_SETS,
  readManifest,
  starterProblems,
} from "../../lib/starter/mod.ts";

const FOLDER = new URL("../../fixtures/starter", import.meta.url).pathname;

async function readProblems(file: string): Promise<Problem[]> {
  const text = await Deno.readTextFile(`${FOLDER}/${file}`);
  return text.trimEnd().split("\n").map((line) => Problem.parse(JSON.parse(line)));
}

/** The numbers of a question that matter: all of them but those of distractors, which the generator alone can tell. */
function numbersOf(problem: Problem): string {
  return JSON.stringify([problem.level, problem.question.match(/\d+/g), problem.meta.truth]);
}

Deno.test("the shipped manifest has the checksum of every shipped file", async () => {
  const manifest = await readManifest(FOLDER);
  assert.equal(manifest.generatorVersion, GENERATOR_VERSION);
  assert.deepEqual(
    await manifestFiles(FOLDER, manifest.files.map((file) => file.path)),
    manifest.files,
  );
  const models = Object.values(BASE_MODELS).map((model) => model.folder);
  const listed = new Set(manifest.files.map((file) => file.path));
  for (const { file } of PROBLEM_SETS) assert.equal(listed.has(file), true, file);
  for (const model of models) assert.equal(listed.has(`${model}/model.safetensors`), true, model);
});

Deno.test("the shipped weights stay below eight megabytes together", async () => {
  const { files } = await readManifest(FOLDER);
  const weights = files.filter((file) => file.path.endsWith(".safetensors"));
  assert.equal(weights.reduce((sum, file) => sum + file.bytes, 0) < 8e6, true);
});

for (const { file, ...set } of PROBLEM_SETS) {
  Deno.test(`${file} is what the generator makes`, async () => {
    assert.deepEqual(await readProblems(file), starterProblems(set));
  });
}

Deno.test("the shipped splits share no question and no numbers with their true values", async () => {
  const sets = await Promise.all(
    PROBLEM_SETS.map(async ({ file, split }) => ({ split, problems: await readProblems(file) })),
  );
  const splitOf = new Map<string, string>();
  for (const { split, problems } of sets) {
    for (const problem of problems) {
      for (const key of [problem.question, numbersOf(problem)]) {
        assert.equal(splitOf.get(key) ?? split, split, key);
        splitOf.set(key, split);
      }
    }
  }
});
