import { z } from "zod";
import { duration } from "./_duration_field.ts";

/** Price of an endpoint's tokens, in any one currency, per million tokens. */
const Price = z.strictObject({
  input: z.number().min(0).describe("Per million prompt tokens"),
  output: z.number().min(0).describe("Per million generated tokens"),
});

/** Fields of a request that the project sets itself: a setting that replaced one would change what a run means, unseen. */
const OWN_FIELDS = [
  ...[
    "model",
    "prompt",
    "messages",
    "input",
    "n",
    "stop",
    "stream",
    "seed",
    "temperature",
    "top_p",
  ],
  ...["max_tokens", "max_completion_tokens", "logprobs", "top_logprobs", "n_probs", "echo"],
  ...["continue_final_message", "add_generation_prompt", "include_stop_str_in_output"],
  ...["skip_special_tokens", "return_tokens_as_token_ids"],
];

/** Headers that the transport sets itself. */
const OWN_HEADERS = ["authorization", "accept", "content-type", "content-length", "host"];

const HEADER_NAME = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/;

/** How the endpoints of one role are asked. */
const RoleRequests = z.strictObject({
  headers: z.record(
    z.string().regex(HEADER_NAME, "expected the name of a header")
      .refine((name) => !OWN_HEADERS.includes(name.toLowerCase()), {
        error: "is sent by itself; a key goes into the variable that apiKeyVariable names",
      }),
    z.string().regex(/^[^\r\n\0]*$/, "expected one line"),
  ).default({}).describe(
    "Headers of every request; a value such as $GATEWAY_TOKEN is that variable's, and is stored nowhere",
  ),
  extraBody: z.record(
    z.string().min(1).refine((name) => !OWN_FIELDS.includes(name), {
      error: "is set by the project itself; use the setting of that name",
    }),
    z.json(),
  ).default({}).describe(
    "Fields added to every request that draws or scores; part of what the model is for the run",
  ),
  apiKeyVariable: z.string().regex(/^[A-Za-z_]\w*$/, "expected the name of a variable").optional()
    .describe("Variable that holds the key (default: RSTAR_POLICY_API_KEY or RSTAR_PPM_API_KEY)"),
  timeout: duration.optional().describe("In place of requestTimeout"),
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
  requests: z.strictObject({ policy: RoleRequests.optional(), ppm: RoleRequests.optional() })
    .default({})
    .describe(
      "Headers, further fields, variable of the key and time limit of each role's requests",
    ),
  torch: z.string().min(1).default("cpu")
    .describe("Build of torch for the embedded engine and the trainer: cpu, cuda or an index URL"),
};

/** Settings by which models are served, whoever serves them. */
export type ServeSettings = Readonly<z.infer<z.ZodObject<typeof serveSettings>>>;

/** How the endpoints of one role are asked. */
export type RoleRequests = Readonly<z.infer<typeof RoleRequests>>;

/** Route by which a policy is asked: that of completions, or that of chat, for general models without the special tokens. */
export const PolicyApi = z.enum(["completions", "chat"]);

/** Route by which a policy is asked. */
export type PolicyApi = z.infer<typeof PolicyApi>;
