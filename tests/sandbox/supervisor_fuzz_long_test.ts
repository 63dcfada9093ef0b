import { testReal, TIERS } from "../real_sandbox.ts";
import { fuzz } from "./_fuzz.ts";

for (const tier of TIERS) {
  testReal(
    `a worker of tier ${tier} refuses wrong frames cleanly`,
    () => fuzz(tier, { seconds: 10, seed: 1, leastRefused: 3 }),
  );
}
