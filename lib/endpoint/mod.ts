/** Everything that generates or scores: OpenAI-compatible endpoints, their doubles, and the record of what they said. */
export * from "./endpoint_pool.ts";
export * from "./http_policy.ts";
export * from "./policy.ts";
export * from "./pooling_ppm.ts";
export * from "./ppm.ts";
export * from "./price.ts";
export * from "./probe.ts";
export * from "./recorder.ts";
export * from "./reply_stores.ts";
export * from "./retry.ts";
export * from "./scripted_policy.ts";
export * from "./scripted_ppm.ts";
export * from "./served_model.ts";
export * from "./transport.ts";
