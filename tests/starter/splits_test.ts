import assert from "node:assert/strict";
import { hashSeed, Problem, seededRandom } from "../../lib/core/mod.ts";
import {
  belongsTo,
  drawStoryOf,
  type Split,
  SPLITS,
  starterProblems,
} from "../../lib/starter/splits.ts";
import { LEVELS, numbersKey, templateKey } from "../../lib/starter/story.ts";

function keys(split: Split): { readonly templates: Set<string>; readonly numbers: Set<string> } {
  const random = seededRandom(hashSeed("test", split));
  const stories = Array.from(
    { length: 600 },
    (_, index) => drawStoryOf(split, { random, level: LEVELS[index % 4] ?? 1 }),
  );
  return {
    templates: new Set(stories.map(templateKey)),
    numbers: new Set(stories.map(numbersKey)),
  };
}

Deno.test("drawStoryOf() gives splits that share neither a sentence sequence nor numbers", () => {
  const all = new Map(SPLITS.map((split) => [split, keys(split)]));
  for (const [a, own] of all) {
    for (const [b, other] of all) {
      if (a >= b) continue;
      assert.equal(own.templates.isDisjointFrom(other.templates), true, `${a} and ${b}`);
      assert.equal(own.numbers.isDisjointFrom(other.numbers), true, `${a} and ${b}`);
    }
  }
});

Deno.test("belongsTo() holds for one split at most", () => {
  for (const split of SPLITS) {
    const story = drawStoryOf(split, { random: seededRandom(7), level: 2 });
    assert.deepEqual(SPLITS.filter((other) => belongsTo(story, other)), [split]);
  }
});

Deno.test("starterProblems() is a function of its options", () => {
  const options = { split: "test", count: 40 } as const;
  assert.deepEqual(starterProblems(options), starterProblems(options));
  assert.notDeepEqual(starterProblems(options), starterProblems({ ...options, seed: 2 }));
});

Deno.test("starterProblems() gives valid problems, no question twice, levels in their shares", () => {
  const problems = starterProblems({ split: "validation", count: 400 });
  problems.forEach((problem) => Problem.parse(problem));
  assert.equal(new Set(problems.map((problem) => problem.question)).size, 400);
  const share = (level: number) => problems.filter((problem) => problem.level === level).length;
  assert.deepEqual(LEVELS.map(share), [120, 120, 100, 60]);
});

Deno.test("starterProblems() leaves a fifth to a third of the problems without a misconception", () => {
  const problems = starterProblems({ split: "train", count: 2000 });
  const plain = problems.filter((problem) => problem.meta.misconceptions?.length === 0).length;
  assert.equal(plain / 2000 > 0.2 && plain / 2000 < 0.3, true, String(plain));
});

Deno.test("starterProblems() names no misconceptions in the control world", () => {
  const problems = starterProblems({ split: "train", count: 50, world: "control" });
  assert.deepEqual(problems.flatMap((problem) => problem.meta.misconceptions), []);
  assert.equal(problems[0]?.id, "starter_control_train/000001");
});
