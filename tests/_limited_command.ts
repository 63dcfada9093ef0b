/** Runs a program of the gate within a time limit: a process that hangs is a failure with a name, never a gate without a result. */

/** Seconds a stopped program has to end by itself before it is killed. */
const KILL_AFTER_S = 10;

/** Milliseconds for which output is still read once the program ended: a process that it left behind may hold the stream open. */
const LAST_OUTPUT_MS = 5_000;

/** Exit codes of `timeout` of coreutils: the limit passed, and the program had to be killed. */
const TIMED_OUT: readonly number[] = [124, 137];

/** End and output of a program of the gate. */
export interface CommandResult {
  readonly success: boolean;
  /** Whether it was stopped at its limit. */
  readonly timedOut: boolean;
  /** All that it printed, on both streams as they came. */
  readonly output: Uint8Array<ArrayBuffer>;
}

/**
 * Runs a program to its end or its limit. It is stopped with all processes of its group.
 *
 * @param limitS Seconds it may take.
 */
export async function limitedCommand(
  program: string,
  args: readonly string[],
  { cwd, limitS }: { readonly cwd: string; readonly limitS: number },
): Promise<CommandResult> {
  const limit = ["--signal=TERM", `--kill-after=${KILL_AFTER_S}`, String(Math.ceil(limitS))];
  const child = new Deno.Command("timeout", {
    args: [...limit, program, ...args],
    cwd,
    stdin: "null",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
  const chunks: Uint8Array<ArrayBuffer>[] = [];
  const given = new AbortController();
  const collect = async (stream: ReadableStream<Uint8Array<ArrayBuffer>>) => {
    const sink = new WritableStream<Uint8Array<ArrayBuffer>>({
      write: (chunk) => void chunks.push(chunk),
    });
    await stream.pipeTo(sink, { signal: given.signal }).catch((error) => {
      if (!given.signal.aborted) throw error;
    });
  };
  const read = Promise.all([collect(child.stdout), collect(child.stderr)]);
  const { success, code } = await child.status;
  const timer = setTimeout(() => given.abort(), LAST_OUTPUT_MS);
  await read;
  clearTimeout(timer);
  return {
    success,
    timedOut: TIMED_OUT.includes(code),
    output: new Uint8Array(await new Blob(chunks).arrayBuffer()),
  };
}
