import assert from "node:assert/strict";
import fc from "fast-check";
import { seededRandom } from "../../lib/core/mod.ts";
import {
  type AuthorRates,
  CAREFUL_AUTHOR,
  type Solution,
  type TierRates,
  variableName,
  writeSolution,
} from "../../lib/starter/solution.ts";
import { drawStory, LEVELS, type Story } from "../../lib/starter/story.ts";
import { runResponse } from "./_interpreter.ts";

function forAllSolutions(rates: AuthorRates, holds: (story: Story, solution: Solution) => void) {
  fc.assert(
    fc.property(fc.integer(), fc.constantFrom(...LEVELS), fc.boolean(), (seed, level, ood) => {
      const random = seededRandom(seed);
      const story = drawStory(random, { level, outOfDistribution: ood });
      holds(story, writeSolution(story, { random, rates }));
    }),
    { seed: 1, numRuns: 300 },
  );
}

const ALWAYS: TierRates = { basic: 1, middle: 1, late: 1 };
const ALWAYS_WRONG: AuthorRates = { ...CAREFUL_AUTHOR, misconception: ALWAYS };

Deno.test("writeSolution() of a careful author computes the true value of every step", () => {
  forAllSolutions(CAREFUL_AUTHOR, (story, solution) => {
    const { names, printed } = runResponse(solution.response);
    const truth = story.steps.map((step) => step.value);
    assert.deepEqual(solution.values, truth);
    assert.deepEqual(solution.wrongSteps, []);
    assert.deepEqual(truth.map((_, index) => names.get(variableName(index + 1))), truth);
    assert.equal(printed, String(truth.at(-1)));
  });
});

Deno.test("writeSolution() writes the trajectory format", () => {
  forAllSolutions(CAREFUL_AUTHOR, (story, { response }) => {
    const step = String.raw`# Step \d+: [^\n]+\n(?:[a-z] = [^\n]+\n){1,2}<end_of_step>\n\n`;
    const whole = new RegExp(
      String.raw`^\n<code>\n(?:${step}){${story.steps.length}}# Now print the final answer\n` +
        String.raw`print\([a-z]\)\n<end_of_code>\n<output>(\d+)<end_of_output>\n` +
        String.raw`<answer>The answer is \\boxed\{\1\}\.\n<end_of_answer>$`,
    );
    assert.match(response, whole);
  });
});

Deno.test("writeSolution() takes every misconceived move when the rate is one", () => {
  forAllSolutions(ALWAYS_WRONG, (story, solution) => {
    const misconceived = story.steps.flatMap((step, index) =>
      step.family.misconceived === null ? [] : [index]
    );
    assert.deepEqual(solution.wrongSteps, misconceived);
    assert.equal(runResponse(solution.response).printed, String(solution.values.at(-1)));
  });
});

Deno.test("writeSolution() undoes a misconceived move in the next step when compensation is certain", () => {
  forAllSolutions({ ...ALWAYS_WRONG, compensation: ALWAYS }, (story, solution) => {
    const { names } = runResponse(solution.response);
    for (const [index, step] of story.steps.entries()) {
      const isMisconceived = step.family.misconceived !== null;
      const value = names.get(variableName(index + 1));
      assert.equal(value === step.value, !isMisconceived, solution.response);
    }
  });
});

Deno.test("writeSolution() makes slips that can be detected: another number, or an undefined name", () => {
  forAllSolutions({ ...CAREFUL_AUTHOR, slip: 1 }, (story, solution) => {
    assert.deepEqual(solution.wrongSteps, story.steps.map((_, index) => index));
  });
});
