/**
 * OpenTelemetry: spans of trees, expansions and scores, and the queues as gauges. Deno exports them, and the requests below them, when
 * it is started with `OTEL_DENO=true`; without it nothing of this is even loaded.
 */
import type { Policy, Ppm } from "../../endpoint/mod.ts";
import type { SearchStatus } from "../control/mod.ts";

/** Data of a span. Never the text of a model. */
export type SpanAttributes = Readonly<Record<string, string | number | boolean>>;

/** Where spans and metrics go. */
export interface Tracing {
  /** Does work within a span; the spans of what it calls lie below. */
  span<T>(name: string, attributes: SpanAttributes, work: () => Promise<T>): Promise<T>;
  /** Lets the queues be read whenever metrics are exported. */
  gauges(read: () => SearchStatus | null): void;
}

/** Tracing that is off. */
export const NO_TRACING: Tracing = { span: (_name, _attributes, work) => work(), gauges: () => {} };

/** Opens tracing where Deno exports it. */
export async function openTracing(isOn: boolean): Promise<Tracing> {
  if (!isOn) return NO_TRACING;
  const { metrics, SpanStatusCode, trace } = await import("@opentelemetry/api");
  const tracer = trace.getTracer("rstar");
  const meter = metrics.getMeter("rstar");
  return {
    span: (name, attributes, work) =>
      tracer.startActiveSpan(name, { attributes }, async (span) => {
        try {
          return await work();
        } catch (error) {
          span.setStatus({
            code: SpanStatusCode.ERROR,
            message: error instanceof Error ? error.name : "unknown",
          });
          throw error;
        } finally {
          span.end();
        }
      }),
    gauges: (read) => {
      const trees = meter.createObservableGauge("rstar.trees");
      trees.addCallback((result) => {
        const status = read();
        if (status === null) return;
        result.observe(status.trees, { state: "done" });
        result.observe(status.open, { state: "open" });
        result.observe(status.parked, { state: "parked" });
      });
      const queues = meter.createObservableGauge("rstar.queue");
      queues.addCallback((result) => {
        for (const [queue, load] of Object.entries(read()?.queues ?? {})) {
          result.observe(load.running, { queue, state: "running" });
          result.observe(load.waiting, { queue, state: "waiting" });
        }
      });
    },
  };
}

/** The same policy, each expansion in a span. */
export function tracedPolicy(policy: Policy, tracing: Tracing): Policy {
  if (tracing === NO_TRACING) return policy;
  return {
    ...policy,
    sample: (request, options) =>
      tracing.span("expansion", { candidates: request.n }, () => policy.sample(request, options)),
  };
}

/** The same PPM, each batch of scores in a span. */
export function tracedPpm(ppm: Ppm, tracing: Tracing): Ppm {
  if (tracing === NO_TRACING) return ppm;
  return {
    ...ppm,
    score: (texts, options) =>
      tracing.span("score", { texts: texts.length }, () => ppm.score(texts, options)),
  };
}
