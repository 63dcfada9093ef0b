import type { TreeUsage } from "../core/mod.ts";

/** Usage of a tree that has asked for nothing yet: all counts are 0. */
export const NO_USAGE: TreeUsage = {
  policyRequests: 0,
  promptTokens: 0,
  generatedTokens: 0,
  ppmRequests: 0,
  ppmTokens: 0,
  executions: 0,
  executionsCached: 0,
  policySeconds: 0,
  ppmSeconds: 0,
  sandboxSeconds: 0,
  price: null,
};

/** Both together; a price is `null` only while neither has one. */
export function addUsage(a: TreeUsage, b: TreeUsage): TreeUsage {
  return {
    policyRequests: a.policyRequests + b.policyRequests,
    promptTokens: a.promptTokens + b.promptTokens,
    generatedTokens: a.generatedTokens + b.generatedTokens,
    ppmRequests: a.ppmRequests + b.ppmRequests,
    ppmTokens: a.ppmTokens + b.ppmTokens,
    executions: a.executions + b.executions,
    executionsCached: a.executionsCached + b.executionsCached,
    policySeconds: a.policySeconds + b.policySeconds,
    ppmSeconds: a.ppmSeconds + b.ppmSeconds,
    sandboxSeconds: a.sandboxSeconds + b.sandboxSeconds,
    price: a.price === null && b.price === null ? null : (a.price ?? 0) + (b.price ?? 0),
  };
}
