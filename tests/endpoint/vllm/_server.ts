import { fileURLToPath } from "node:url";
import { type ChildProcess, runProcess, startProcess } from "../../../lib/process/mod.ts";

const VENV = fileURLToPath(new URL("../../../.rstar/python/vllm", import.meta.url));
const INSTALL = fileURLToPath(new URL("./install_vllm_cpu.sh", import.meta.url));
const INSTALLED = `${VENV}/installed`;

// deno-lint-ignore no-console -- minutes pass: whoever waits wants to know for what
const say = console.error;

/** Installs vLLM's CPU build into an environment of its own, once: it does not go together with the engine's transformers. */
export async function installVllm(): Promise<void> {
  if (await Deno.stat(INSTALLED).then(() => true, () => false)) return;
  say("Installing vLLM's CPU build (2 minutes, 3 GB)");
  await Deno.remove(VENV, { recursive: true }).catch((error: unknown) => {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  });
  const { code, stderr } = await runProcess("/bin/bash", [INSTALL, VENV], {
    env: Deno.env.toObject(),
  });
  if (code !== 0) throw new Error(`Cannot install vLLM: ${stderr}`);
  await Deno.writeTextFile(INSTALLED, "");
}

/** A running vLLM. */
export interface VllmServer extends AsyncDisposable {
  /** Base URL with `/v1`. */
  readonly url: string;
  readonly port: number;
}

/** Options of {@linkcode startVllm}. */
export interface VllmOptions {
  /** Checkpoint folder. */
  readonly model: string;
  readonly servedName: string;
  /** Arguments besides. @default none */
  readonly args?: readonly string[];
  /** @default a free one */
  readonly port?: number;
}

/** Starts vLLM on the CPU and waits until it answers; about a minute. */
export async function startVllm(options: VllmOptions): Promise<VllmServer> {
  const { model, servedName, args = [], port = freePort() } = options;
  say(`Starting vLLM with ${model}`);
  const child = startProcess(`${VENV}/bin/python`, [
    ...["-I", `${VENV}/bin/vllm`, "serve", model, "--served-model-name", servedName],
    ...["--enforce-eager", "--max-num-seqs", "256", "--host", "127.0.0.1", "--port", `${port}`],
    ...args,
  ], {
    env: {
      PATH: `${VENV}/bin:/usr/bin:/bin`,
      HOME: VENV,
      VLLM_CPU_KVCACHE_SPACE: "1",
      VLLM_NO_USAGE_STATS: "1",
      HF_HUB_OFFLINE: "1",
      DO_NOT_TRACK: "1",
    },
    endsGroup: true,
  });
  // What it prints must be read, or it stops.
  const drained = child.stdout.pipeTo(new WritableStream()).catch(() => {});
  try {
    await untilHealthy(child, port);
  } catch (error) {
    await child[Symbol.asyncDispose]();
    throw error;
  }
  return {
    url: `http://127.0.0.1:${port}/v1`,
    port,
    [Symbol.asyncDispose]: async () => {
      child.kill();
      await drained;
      await child[Symbol.asyncDispose]();
    },
  };
}

function freePort(): number {
  const listener = Deno.listen({ port: 0, hostname: "127.0.0.1" });
  const { port } = listener.addr;
  listener.close();
  return port;
}

/** There is nothing to wait for but its answer: it says nowhere that it is ready. */
async function untilHealthy(child: ChildProcess, port: number): Promise<void> {
  for (let second = 0; second < 900; second++) {
    if (child.ended) throw new Error(`vLLM ended at its start: ${child.stderrTail}`);
    const response = await fetch(`http://127.0.0.1:${port}/health`).catch(() => null);
    await response?.body?.cancel();
    if (response?.ok) return;
    await new Promise((resolve) => setTimeout(resolve, 1_000));
  }
  throw new Error(`vLLM does not answer after 15 minutes: ${child.stderrTail}`);
}
