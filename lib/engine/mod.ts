/** The embedded engine: serves a local policy and PPM over loopback, with vLLM's routes, for as long as the harness runs. */
export * from "./engine.ts";
export type { ServedModel } from "./engine_event.ts";
