import { InfrastructureError } from "../core/mod.ts";
import type { Completion, FinishReason, Policy, SampleRequest } from "./policy.ts";

/** Answers of a scripted policy: a list used up in order, or a function of the request. */
export type PolicyScript =
  | readonly (readonly string[])[]
  | ((request: SampleRequest) => readonly string[] | Promise<readonly string[]>);

/** A policy whose requests can be looked at afterwards. */
export interface ScriptedPolicy extends Policy {
  readonly requests: readonly SampleRequest[];
}

/**
 * A policy that answers from a script: a double for tests and benchmarks, selected like any other. Texts that end in one of the
 * request's stop strings end by it; others end by themselves. A token is four characters.
 *
 * @throws {InfrastructureError} From `sample`, if the list is used up or holds too few texts.
 */
export function scriptedPolicy(script: PolicyScript): ScriptedPolicy {
  const requests: SampleRequest[] = [];
  return {
    description: { api: "scripted", model: "scripted" },
    requests,
    sample: async (request) => {
      const index = requests.push(request) - 1;
      const texts = typeof script === "function" ? await script(request) : script[index];
      if (texts === undefined || texts.length < request.n) {
        throw new InfrastructureError(
          "endpoint",
          `Cannot answer scripted request ${index}: expected ${request.n} texts, got ${
            texts?.length ?? 0
          }`,
        );
      }
      const completions = texts.slice(0, request.n).map((text) => complete(text, request.stop));
      return {
        completions,
        promptTokens: tokensOf(JSON.stringify(request.prompt)),
        generatedTokens: completions.reduce((sum, completion) => sum + completion.tokens, 0),
        seconds: 0,
        price: null,
      };
    },
  };
}

function tokensOf(text: string): number {
  return Math.ceil(text.length / 4);
}

function complete(text: string, stops: readonly string[]): Completion {
  const stopString = stops.find((stop) => text.endsWith(stop)) ?? null;
  const finishReason: FinishReason = stopString === null ? "end" : "stop_string";
  return { text, finishReason, stopString, tokens: tokensOf(text) };
}
