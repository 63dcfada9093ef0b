import { testReal, TIERS } from "../real_sandbox.ts";
import { fuzz } from "./_fuzz.ts";

/** Of all tiers together. */
const SECONDS = 600;

for (const tier of TIERS) {
  testReal(
    `workers of tier ${tier} refuse wrong frames cleanly, minute after minute`,
    () => fuzz(tier, { seconds: SECONDS / TIERS.length, seed: 20_261_125, leastRefused: 100 }),
  );
}
