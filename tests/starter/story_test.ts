import assert from "node:assert/strict";
import fc from "fast-check";
import { seededRandom } from "../../lib/core/mod.ts";
import { drawStory, LEVEL_RULES, LEVELS, type Story, storyText } from "../../lib/starter/story.ts";

function forAllStories(outOfDistribution: boolean, holds: (story: Story) => void) {
  fc.assert(
    fc.property(fc.integer(), fc.constantFrom(...LEVELS), (seed, level) => {
      holds(drawStory(seededRandom(seed), { level, outOfDistribution }));
    }),
    { seed: 1, numRuns: 300 },
  );
}

function tiersOf(story: Story): Record<string, number> {
  const count = (tier: string) => story.steps.filter((step) => step.family.tier === tier).length;
  return { basic: count("basic"), middle: count("middle"), late: count("late") };
}

Deno.test("drawStory() keeps to the steps and misconceptions of the level", () => {
  forAllStories(false, (story) => {
    const rule = LEVEL_RULES[story.level];
    assert.equal(story.steps.length >= rule.steps[0], true);
    assert.equal(story.steps.length <= rule.steps[1], true);
    const tiers = tiersOf(story);
    const hasNone = Object.values(tiers).every((count) => count === 0);
    if (hasNone) assert.equal(rule.plainShare > 0, true);
    else assert.deepEqual(tiers, rule.misconceptions);
  });
});

Deno.test("drawStory() never repeats a misconception outside the out-of-distribution split", () => {
  forAllStories(false, (story) => {
    const names = story.steps.filter((step) => step.family.tier !== "plain")
      .map((step) => step.family.name);
    assert.equal(new Set(names).size, names.length);
  });
});

Deno.test("drawStory() repeats a misconception and adds two steps out of distribution", () => {
  forAllStories(true, (story) => {
    const [low, high] = LEVEL_RULES[story.level].steps;
    assert.equal(story.steps.length >= low + 2 && story.steps.length <= high + 2, true);
    const names = story.steps.filter((step) => step.family.tier !== "plain")
      .map((step) => step.family.name);
    assert.equal(names.length === 0 || new Set(names).size === names.length - 1, true);
  });
});

Deno.test("drawStory() makes every misconception visible in the value of its step", () => {
  forAllStories(false, (story) => {
    let x = story.start;
    for (const { family, operands, value } of story.steps) {
      assert.equal(Number.isInteger(value) && value >= 3 && value <= 3000, true);
      assert.notEqual(family.misconceived?.value(x, operands), value);
      x = value;
    }
  });
});

Deno.test("storyText() gives the same text for the same seed and another one for another seed", () => {
  const text = (seed: number) =>
    storyText(drawStory(seededRandom(seed), { level: 3, outOfDistribution: false }));
  assert.equal(text(1), text(1));
  assert.notEqual(text(1), text(2));
});

Deno.test("drawStory() lets no combination of misconceived moves end in the right answer", () => {
  forAllStories(false, (story) => {
    let values = [{ x: story.start, erred: false }];
    for (const { family, operands } of story.steps) {
      values = values.flatMap(({ x, erred }) => [
        { x: family.right.value(x, operands), erred },
        ...(family.misconceived === null
          ? []
          : [{ x: family.misconceived.value(x, operands), erred: true }]),
      ]);
    }
    const answer = story.steps.at(-1)?.value;
    assert.deepEqual(values.filter(({ x }) => x === answer), [{ x: answer, erred: false }]);
  });
});
