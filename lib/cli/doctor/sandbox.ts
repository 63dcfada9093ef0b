import { UsageError } from "../../core/mod.ts";
import { openGrader } from "../../grading/mod.ts";
import {
  checkSandbox,
  describeTier,
  notConfined,
  probeTiers,
  type TierPlan,
} from "../../sandbox/mod.ts";
import { findBwrap, openGradingSandbox, openSandbox } from "../host.ts";
import { notice } from "../terminal/output.ts";
import { type Finding, finding, type Say } from "./finding.ts";

/** Endless steps are ended by the time that they had a core for: on a busy machine each takes many times this. */
const STEPS_PATIENCE_MS = 900_000;
const STEP_LIMITS = { wallMs: 2_000, cpuMs: 2_000 } as const;

/**
 * How well model-written code is confined here.
 *
 * @param interpreter Python of steps; `null` where there is none, so that nothing could be tried.
 */
export async function examineSandbox(say: Say, interpreter: string | null): Promise<void> {
  let tiers: readonly TierPlan[] = [];
  const probed = await finding("sandbox", async () => {
    if (interpreter === null) throw new UsageError("not tried: steps have no Python, see above");
    tiers = await probeTiers({ interpreter, bwrap: await findBwrap() });
    if (tiers.some((tier) => tier.works)) return "";
    throw new UsageError(`nothing confines steps here: ${tiers.map(describeTier).join(". ")}`);
  });
  if (probed.level === "fail") return say(probed);
  // One working tier is enough; one that does not is worth knowing of.
  for (const tier of tiers) say({ ...tierLevel(tier), detail: describeTier(tier) });
  const opened = await finding("confinement", async () => {
    notice("Trying what steps may do: seconds, or minutes where the processor is busy ...");
    await using sandbox = await openSandbox({
      workers: 1,
      limits: STEP_LIMITS,
      onProgress: () => {},
    });
    const { tier } = sandbox.info;
    for (const check of await checkSandbox(sandbox)) {
      say({ name: `step: ${check.name}`, level: check.ok ? "ok" : "fail", detail: check.detail });
    }
    return `steps run in tier ${tier}, the best that works; not confined: ${
      notConfined(tier).join("; ")
    }`;
  }, STEPS_PATIENCE_MS);
  say(opened);
}

function tierLevel(tier: TierPlan): Omit<Finding, "detail"> {
  return { name: "sandbox", level: tier.works ? "ok" : "warn" };
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
  say(
    await finding("grader", async () => {
      await using sandbox = await openGradingSandbox({ onProgress: () => {} });
      await using grader = openGrader({ sandbox });
      const wrong: string[] = [];
      for (const [gold, answer, expected] of PAIRS) {
        const verdict = await grader.grade({ answer: gold, meta: {} }, answer);
        if (verdict.correct === expected) continue;
        const relation = expected ? "equals" : "differs from";
        wrong.push(`${gold} ${relation} ${answer}, but was judged ${verdict.reason}`);
      }
      if (wrong.length === 0) return `${PAIRS.length} pairs of answers judged right`;
      throw new UsageError(`${wrong.join("; ")}: do not trust verdicts made here, and report it`);
    }),
  );
}
