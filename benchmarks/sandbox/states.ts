import { openPool, openWorker, runOk, STEPS } from "./_open.ts";
import { memoryAvailable, quantile, table } from "./_measure.ts";

/** Time from asking for a pool of one worker to its first answer: planning and probing, and the worker itself. */
export async function starts(rounds: number): Promise<string> {
  const whole: number[] = [];
  const worker: number[] = [];
  for (let i = 0; i < rounds; i++) {
    const start = performance.now();
    await using pool = await openPool(1);
    whole.push(performance.now() - start);
    await using session = pool.openSession();
    await session.run({ parent: null, code: STEPS.trivial, keep: false });
    await using single = await openWorker(null);
    worker.push((await single.ready).startup_ms);
  }
  return `Start: ${quantile(worker, 0.5).toFixed(0)} ms a worker; ${
    quantile(whole, 0.5).toFixed(0)
  } ms for a pool of one, with planning and probing (medians of ${rounds}).`;
}

/** Memory that live states cost the host, and whether the first ones still answer when there are many. */
export async function memory(count: number): Promise<string> {
  await using worker = await openWorker(null, { maxStates: count + 10 });
  await runOk(worker, STEPS.sympy);
  const before = await memoryAvailable();
  const rows = [["live states", "MiB each", "fork from the first ms"]];
  const ids: number[] = [];
  for (let i = 0; i < count; i++) {
    ids.push((await runOk(worker, `n = ${i}\n${STEPS.sympy}`, { keep: true })).id);
    if (ids.length !== count && ids.length !== count / 10) continue;
    const each = (before - await memoryAvailable()) / ids.length / 2 ** 20;
    const start = performance.now();
    const { stdout } = await runOk(worker, "print(n)", { parent: ids[0] ?? 0 });
    if (stdout !== "0\n") throw new Error(`wrong state: ${stdout}`);
    rows.push([`${ids.length}`, each.toFixed(2), (performance.now() - start).toFixed(1)]);
  }
  const { live_states: live } = await worker.stat();
  return `${table(rows)}\n\nHeld at the end: ${live} of ${count}.`;
}
