/** A round of additions over doubles: an instant policy, a sandbox that adds, a store in memory. */
import { hashSeed, type Problem, silentReporter } from "../../../lib/core/mod.ts";
import { type Policy, scriptedPolicy } from "../../../lib/endpoint/mod.ts";
import { exactGrader } from "../../../lib/grading/mod.ts";
import { openStubSandbox } from "../../../lib/sandbox/mod.ts";
import { PRESETS } from "../../../lib/search/mod.ts";
import { memoryStore, type Store } from "../../../lib/store/mod.ts";
import type { RoundParts, RoundRequest } from "../../../lib/cli/synth/grow.ts";

/** Problems that ask for the sum of two numbers. */
export function sums(count: number): readonly Problem[] {
  return Array.from({ length: count }, (_, i) => ({
    id: `sums/${i}`,
    source: "sums",
    question: `What is ${i + 2} + ${i + 1}?`,
    answer: String(2 * i + 3),
    level: null,
    meta: {},
  }));
}

/** A policy that adds right, or wrong by one, depending on prompt and sample. */
export function adder(): Policy {
  return scriptedPolicy(({ prompt, n }) =>
    Array.from({ length: n }, (_, i) => segment(String(prompt), i))
  );
}

function segment(prompt: string, sample: number): string {
  const output = /<output>(.*)<end_of_output>\n$/.exec(prompt)?.[1];
  if (output !== undefined) return `<answer>It is \\boxed{${output}}.\n<end_of_answer>`;
  const [a = 0, b = 0] = [...prompt.matchAll(/\d+/g)].map(Number);
  return `\n<code>\nprint(${a + b + hashSeed(prompt, sample) % 2})\n<end_of_code>`;
}

/** A run in a store, and a request for its trees. */
export async function openRound(
  options: { readonly problems: readonly Problem[]; readonly seeds?: readonly number[] },
): Promise<{ readonly store: Store; readonly request: RoundRequest }> {
  const store = memoryStore();
  const { runNo } = await store.openRun({
    name: "r",
    command: "synth",
    spec: {},
    mode: "continue",
    provenance: {
      config: {},
      codeRev: null,
      sandboxTier: null,
      packages: {},
      models: {},
      seed: 0,
    },
  });
  const { problems, seeds = [0] } = options;
  const request = { runNo, roundNo: 0, problems, seeds, policyApi: "completions" as const };
  return { store, request: { ...request, spec: PRESETS.default.spec } };
}

/** Doubles of everything that a round works with. */
export function parts(store: Store, changes: Partial<RoundParts> = {}): RoundParts {
  return {
    store,
    models: {
      policy: adder(),
      ppm: null,
      policyPool: null,
      ppmPool: null,
      died: new Promise(() => {}),
    },
    sandbox: openStubSandbox((path) => ({
      stdout: `${/print\((.*)\)/.exec(path.at(-1) ?? "")?.[1]}\n`,
    })),
    grader: exactGrader(),
    reporter: silentReporter(),
    stopAdmitting: new AbortController().signal,
    signal: new AbortController().signal,
    ...changes,
  };
}
