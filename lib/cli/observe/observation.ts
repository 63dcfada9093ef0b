import { type ControlStatus, serveControl } from "../control/mod.ts";
import type { DuckdbStore } from "../../store/mod.ts";
import type { SynthProgress } from "../synth/progress.ts";
import { EventHub } from "./event_hub.ts";
import { sampleLoad } from "./load_sampler.ts";
import type { TerminalReporter } from "../terminal/terminal_reporter.ts";
import { openTracing, type Tracing } from "./tracing.ts";
import { type LogLevel, openRunLog } from "./run_log.ts";

/** Options of {@linkcode openObservation}. */
export interface ObservationOptions {
  readonly db: string;
  readonly command: string;
  readonly store: DuckdbStore;
  /** Least level that is written to the log; `off` writes none. */
  readonly log: LogLevel | "off";
  /** Its events are logged and handed on; faults of the observation itself are told to it. */
  readonly reporter: Pick<TerminalReporter, "say" | "listen">;
}

/** How others see what a process does: its control endpoint, its log, its load over time. */
export interface Observation extends AsyncDisposable {
  /** Where spans go. */
  readonly tracing: Tracing;
  /** The run that is worked at from now on. */
  useRun(run: { readonly runNo: number; readonly name: string }): void;
  /** The search that is going on from now on; its load is kept with the run. */
  watch(progress: SynthProgress): void;
}

/** Opens the control endpoint and the log of a process that holds a database. Close it before the store. */
export async function openObservation(options: ObservationOptions): Promise<Observation> {
  const { db, command, store, reporter } = options;
  const onNotice = (message: string) => reporter.say(message);
  const startedAt = new Date().toISOString();
  const events = new EventHub();
  let run: { readonly runNo: number; readonly name: string } | null = null;
  let search: SynthProgress | null = null;
  const status = (): ControlStatus => ({
    version: 1,
    pid: Deno.pid,
    command,
    startedAt,
    run: run?.name ?? null,
    search: search?.status() ?? null,
  });
  await using opening = new AsyncDisposableStack();
  if (options.log !== "off") {
    const log = opening.use(await openRunLog(`${db}.log`, { level: options.log }));
    // Runs that share a database share its log.
    opening.use(events.listen((event) => log.write({ run: run?.name ?? null, ...event })));
  }
  opening.use(await serveControl(db, { store, status, events, onNotice }));
  opening.use(sampleLoad({
    load: () => search?.status() ?? null,
    save: async (samples) => {
      if (run !== null) await store.saveLoadSamples(run.runNo, samples);
    },
    onNotice,
  }));
  const tracing = await openTracing(Deno.env.get("OTEL_DENO") === "true");
  tracing.gauges(() => search?.status() ?? null);
  opening.use(reporter.listen((event) => events.emit(event)));
  const closing = opening.move();
  return {
    tracing,
    useRun: (used) => void (run = used),
    watch: (progress) => void (search = progress),
    [Symbol.asyncDispose]: () => closing.disposeAsync(),
  };
}
