/** Length of a server's queue, as the server reports it. */
export interface ServerLoad {
  readonly running: number;
  readonly waiting: number;
}

/**
 * Reads vLLM's `/metrics` (Prometheus' text format), which the embedded engine speaks as well. Models of one server are summed up.
 *
 * @returns `null` where the text does not name running and waiting requests.
 */
export function readServerLoad(text: string): ServerLoad | null {
  const running = sumOf(text, "vllm:num_requests_running");
  const waiting = sumOf(text, "vllm:num_requests_waiting");
  return running === null || waiting === null ? null : { running, waiting };
}

/** How much the embedded engine has computed, in units of its own; `null` where a server does not say. */
export function readWorkDone(text: string): number | null {
  return sumOf(text, "rstar:work_done_total");
}

function sumOf(text: string, name: string): number | null {
  const values = text.split("\n").flatMap((line) => {
    // `name{labels} value` or `name value`; a longer name is another metric.
    const rest = line.startsWith(name) ? line.slice(name.length) : "";
    const value = /^(?:\{.*\})? +([-+.\deE]+)(?: \d+)?\s*$/.exec(rest)?.[1];
    return value === undefined ? [] : [Number(value)];
  }).filter(Number.isFinite);
  return values.length === 0 ? null : values.reduce((a, b) => a + b, 0);
}
