import { z } from "zod";
import { duration } from "./_duration_field.ts";

/** Price of an endpoint's tokens, in any one currency, per million tokens. */
const Price = z.strictObject({
  input: z.number().min(0).describe("Per million prompt tokens"),
  output: z.number().min(0).describe("Per million generated tokens"),
});

/** Settings by which models are served, whoever serves them: the one definition, spread into the schema of every command that serves any. */
export const serveSettings = {
  prices: z.strictObject({ policy: Price.optional(), ppm: Price.optional() }).default({})
    .describe("Prices, for the cost account"),
  concurrency: z.union([z.literal("auto"), z.int().min(1)]).default("auto")
    .describe("Requests in flight per endpoint, or auto"),
  requestTimeout: duration.prefault("3m")
    .describe(
      "Ask again, for fewer tokens, when an endpoint has not answered for so long, e.g. 10m for a slow one; the embedded engine may " +
        "take any time while it computes, and counts as stalled when it does nothing for so long",
    ),
  torch: z.string().min(1).default("cpu")
    .describe("Build of torch for the embedded engine and the trainer: cpu, cuda or an index URL"),
};

/** Settings by which models are served, whoever serves them. */
export type ServeSettings = Readonly<z.infer<z.ZodObject<typeof serveSettings>>>;

/** Route by which a policy is asked: that of completions, or that of chat, for general models without the special tokens. */
export const PolicyApi = z.enum(["completions", "chat"]);

/** Route by which a policy is asked. */
export type PolicyApi = z.infer<typeof PolicyApi>;
