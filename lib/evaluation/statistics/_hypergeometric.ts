import { checkFraction, checkWhole } from "./_checks.ts";

/**
 * Chances of 0 … count successes in `count` trials. Drawing k of n samples without replacement is the same as one such trial with
 * p = k/n a sample, given that k were drawn; chances stay in range where binomial coefficients overflow.
 */
export function binomialChances(count: number, p: number): Float64Array {
  checkWhole("trials", count, 0);
  checkFraction("chance", p);
  const odds = p / (1 - p);
  const mode = Math.floor((count + 1) * p);
  const chances = new Float64Array(count + 1);
  // From the likeliest count to both sides, so that nothing underflows that matters; then scaled to a sum of one.
  chances[mode] = 1;
  let sum = 1;
  for (let i = mode; i < count; i++) {
    sum += chances[i + 1] = (chances[i] as number) * (count - i) / (i + 1) * odds;
  }
  for (let i = mode; i > 0; i--) {
    sum += chances[i - 1] = (chances[i] as number) * i / ((count - i + 1) * odds);
  }
  for (let i = 0; i <= count; i++) chances[i] = (chances[i] as number) / sum;
  return chances;
}
