/** Policies whose every probability is known, for tests of search by forks. */
import { hashSeed, policyPrompt, seededRandom, textOfTokens } from "../../lib/core/mod.ts";
import {
  type Policy,
  type ScriptedToken,
  type ScriptedTokenPolicy,
  scriptedTokenPolicy,
} from "../../lib/endpoint/mod.ts";
import type { SearchSpec } from "../../lib/search/mod.ts";
import { delay, QUESTION } from "./_doubles.ts";

/** Rules of search by which a tree sees everything. */
export const FORK: Partial<SearchSpec> = {
  expansion: "fork",
  choice: "mass",
  rollouts: 5_000,
  earlyStop: false,
  openMass: 0,
};

/** Tokens that may follow a solution so far. */
export type World = (solution: string) => readonly ScriptedToken[];

/** Text behind the question. */
export function solutionIn(text: string): string {
  return text.slice(policyPrompt(QUESTION).length);
}

/** A policy of a world. */
export function policyIn(world: World, maxAlternatives = 100): ScriptedTokenPolicy {
  return scriptedTokenPolicy((text) => world(solutionIn(text)), { maxAlternatives });
}

/** A policy whose replies are held back, and one that keeps every segment that it drew. */
export function watched(
  policy: Policy,
  order = 0,
): { readonly policy: Policy; readonly drawn: string[] } {
  const drawn: string[] = [];
  return {
    drawn,
    policy: {
      ...policy,
      sample: async (request, options) => {
        await delay(order, request.seed);
        const reply = await policy.sample(request, options);
        const before = String(request.prompt) + textOfTokens(request.continuation ?? []);
        for (const { text } of reply.completions) drawn.push(before + text);
        return reply;
      },
    },
  };
}

/** Code so far and the segment that is begun, comments left out of the code: all that a world depends on. */
function stateOf(solution: string): { readonly code: string; readonly begun: string } {
  const begun =
    /(?:^|<end_of_step>|<end_of_output>\n)((?:(?!<end_of_step>|<end_of_output>\n)[^])*)$/
      .exec(solution)?.[1] ?? "";
  const whole = solution.slice(0, solution.length - begun.length);
  const code = (whole.match(/x = \w+|print \w+|<output>\w*/g) ?? []).join(";");
  return { code, begun };
}

/** A world of steps, comments, programs, failures, ends and answers, whose probabilities depend on its seed and on the code so far. */
export function randomWorld(seed: number): World {
  return (solution) => {
    const { code, begun } = stateOf(solution);
    const output = /<output>(\w*)$/.exec(code)?.[1];
    const random = seededRandom(hashSeed(seed, code, begun));
    const among = (...texts: readonly string[]): readonly ScriptedToken[] => {
      const weights = texts.map(() => 0.02 + random() ** 3);
      const total = weights.reduce((a, b) => a + b, 0);
      return texts.map((text, i) => [text, (weights[i] ?? 0) / total]);
    };
    if (output !== undefined) return [[`<answer>\\boxed{${output}}<end_of_answer>`, 1]];
    if (begun === "") {
      const steps = code === "" ? 0 : code.split(";").length;
      return steps < 2 ? among("\n\nx = ", "\n\nprint ") : [["\n\nprint ", 1]];
    }
    if (begun.endsWith("= ")) return among("1", "2", "raise");
    if (begun.endsWith("print ")) return among("3", "4", "raise");
    if (begun.endsWith("raise")) return [["\n<end_of_step>", 1]];
    if (begun.includes("x =")) {
      const ends = ["\n<end_of_step>", "  # sure\n<end_of_step>"];
      return begun.includes("#") ? among(...ends) : among(...ends, "  # well");
    }
    return among("\n<end_of_code>", "  # done\n<end_of_code>", "");
  };
}

/** Probability of each end that a policy's text may come to. */
export interface Ends {
  readonly right: number;
  readonly wrong: number;
  readonly failed: number;
}

/** Ends of a random world's texts, by going through all of them. */
export function endsOf(world: World, solution = "", probability = 1): Ends {
  const sum = { right: 0, wrong: 0, failed: 0 };
  for (const [token, p] of world(solution)) {
    const ends = endsBehind(world, solution + token, { token, probability: probability * p });
    sum.right += ends.right;
    sum.wrong += ends.wrong;
    sum.failed += ends.failed;
  }
  return sum;
}

function endsBehind(
  world: World,
  text: string,
  { token, probability }: { readonly token: string; readonly probability: number },
): Ends {
  if (token === "") return { right: 0, wrong: 0, failed: probability };
  if (token.endsWith("<end_of_answer>")) {
    const isRight = token.includes("boxed{3}");
    return { right: isRight ? probability : 0, wrong: isRight ? 0 : probability, failed: 0 };
  }
  const { begun } = stateOf(text.replace(/<end_of_(step|code)>$/, ""));
  if (!/<end_of_(step|code)>$/.test(token)) return endsOf(world, text, probability);
  if (begun.includes("raise")) return { right: 0, wrong: 0, failed: probability };
  const printed = token.endsWith("<end_of_code>") ? /print (\w+)/.exec(begun)?.[1] : undefined;
  const output = printed === undefined ? "" : `\n<output>${printed}<end_of_output>\n`;
  return endsOf(world, text + output, probability);
}
