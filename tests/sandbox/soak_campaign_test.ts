import assert from "node:assert/strict";
import { runSoak } from "../../benchmarks/sandbox/soak.ts";
import { testReal } from "../real_sandbox.ts";

const STEPS = 100_000;

/** The supervisor is a Python process of 15 MiB: a leak of 50 bytes a step would show. */
const MAX_GROWTH_BYTES = 4 * 2 ** 20;

testReal(`${STEPS} steps on one worker: nothing grows, no answer is wrong`, async () => {
  const points = await runSoak(STEPS);
  console.table(points);
  const first = points[0];
  assert(first !== undefined);
  for (const point of points) {
    assert.equal(point.wrongAnswers, 0);
    assert(point.liveStates <= 21, "more states are live than were kept");
    // The zygote, the states, and a step whose end is still under way.
    assert(point.processes <= point.liveStates + 3, JSON.stringify(point));
    // Two a state, and those of the worker itself.
    assert(point.descriptors <= 2 * point.liveStates + 12, JSON.stringify(point));
    assert(point.supervisorBytes - first.supervisorBytes < MAX_GROWTH_BYTES, JSON.stringify(point));
  }
});
