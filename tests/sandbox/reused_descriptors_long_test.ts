import assert from "node:assert/strict";
import { openReal, testReal } from "../real_sandbox.ts";

/**
 * Descriptors of a step that has ended are given to the next one at once. An event of the old one that was still to be handled used to
 * end the new one: about one in 1,200 steps "died without a result".
 */
testReal("steps that end and begin together never end one another", async () => {
  await using sandbox = await openReal({ workers: 2 });
  const outcomes: string[] = [];
  let next = 0;
  const runSome = async () => {
    while (next < 2_000) {
      const value = next++;
      await using session = sandbox.openSession();
      const { status, stdout } = await session.run({
        parent: null,
        code: `a = ${value}\nprint(a)`,
        keep: false,
      });
      if (stdout !== `${value}\n`) outcomes.push(`${value}: ${status}, ${stdout}`);
    }
  };
  await Promise.all(Array.from({ length: 64 }, runSome));
  assert.deepEqual(outcomes, []);
});
