import { openGrader } from "../../grading/mod.ts";
import { checkSandbox, describeTier, notConfined, probeTiers } from "../../sandbox/mod.ts";
import { findBwrap, openGradingSandbox, openSandbox, pythonInterpreter } from "../host.ts";
import { notice } from "../output.ts";
import type { Say } from "./finding.ts";

/** How well model-written code is confined here. */
export async function examineSandbox(say: Say): Promise<void> {
  const interpreter = await pythonInterpreter("confined", { onProgress: notice });
  const tiers = await probeTiers({ interpreter, bwrap: await findBwrap() });
  for (const tier of tiers) {
    // One working tier is enough; the others are told, not held against the machine.
    const ok = tier.works || tiers.some((other) => other.works);
    say({ name: "sandbox", ok, detail: describeTier(tier) });
  }
  if (!tiers.some((tier) => tier.works)) return;
  await using sandbox = await openSandbox({ workers: 1, onProgress: () => {} });
  const { tier } = sandbox.info;
  say({ name: "confinement", ok: true, detail: `steps run in tier ${tier}, the best that works` });
  for (const detail of notConfined(tier)) say({ name: "not confined", ok: true, detail });
  for (const check of await checkSandbox(sandbox)) say({ ...check, name: `step: ${check.name}` });
}

/** Fixed pairs: equal by form, by value, by symbols; and unequal. */
const PAIRS = [
  ["1/2", "0.5", true],
  ["16", "16", true],
  ["1,000", "1000", true],
  ["x^2 - 1", "(x-1)(x+1)", true],
  ["\\frac{\\sqrt{2}}{2}", "\\frac{1}{\\sqrt{2}}", true],
  ["(0,9)", "[0,9)", false],
  ["100000000000", "99999999999", false],
  ["2x+1", "2x-1", false],
] as const;

/** Whether answers are judged as they should be. */
export async function examineGrader(say: Say): Promise<void> {
  await using sandbox = await openGradingSandbox({ onProgress: () => {} });
  await using grader = openGrader({ sandbox });
  for (const [gold, answer, expected] of PAIRS) {
    const verdict = await grader.grade({ answer: gold, meta: {} }, answer);
    say({
      name: `grader: ${gold} ${expected ? "equals" : "differs from"} ${answer}`,
      ok: verdict.correct === expected,
      detail: verdict.correct === expected ? "" : `judged ${verdict.reason}`,
    });
  }
}
