import assert from "node:assert/strict";
import { join } from "node:path";
import { serveByHook, type ServeOptions } from "../../lib/models/serve_hook.ts";

/** A command that runs a script of ours. */
function script(text: string, ...args: readonly string[]): readonly string[] {
  return [Deno.execPath(), "eval", text, ...args];
}

function options(more: Partial<ServeOptions> = {}): ServeOptions {
  return {
    values: { policy: "/models/a b; rm -rf $HOME", ppm: "", round: "2" },
    env: {},
    onProgress: () => {},
    signal: new AbortController().signal,
    ...more,
  };
}

const READY = `{"policy": ["http://localhost:1/v1"]}`;
const UNTIL_CLOSED = "await Deno.stdin.readable.pipeTo(new WritableStream());";

Deno.test("serveByHook() hands over checkpoints argument by argument and takes the endpoints it is told", async () => {
  const text =
    `console.log(JSON.stringify({ policy: ["http://localhost:1/v1"], policyModel: Deno.args.join("|") }));` +
    UNTIL_CLOSED;
  await using served = await serveByHook(script(text, "{policy}", "x{round}y", "{ppm}"), options());
  assert.deepEqual(served.endpoints, {
    policy: ["http://localhost:1/v1"],
    ppm: [],
    policyModel: "/models/a b; rm -rf $HOME|x2y|",
  });
});

Deno.test("serveByHook() lets the command clean up when it is no longer needed", async () => {
  const folder = await Deno.makeTempDir();
  try {
    const text = `console.log(${JSON.stringify(READY)});${UNTIL_CLOSED}` +
      `await Deno.writeTextFile(${JSON.stringify(`${folder}/stopped`)}, "yes");`;
    const served = await serveByHook(script(text), options());
    await served[Symbol.asyncDispose]();
    assert.equal(await Deno.readTextFile(`${folder}/stopped`), "yes");
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

Deno.test("serveByHook() ends a command that does not end when asked", async () => {
  const text = `console.log(${JSON.stringify(READY)}); setInterval(() => {}, 1000);`;
  const served = await serveByHook(script(text), options({ graceSeconds: 0.05 }));
  await served[Symbol.asyncDispose]();
});

Deno.test("serveByHook() says when the command dies while it serves", async () => {
  const text = `console.log(${
    JSON.stringify(READY)
  }); console.error("out of memory"); Deno.exit(3);`;
  await using served = await serveByHook(script(text), options());
  const error = await served.ended;
  assert.equal(error.name, "InfrastructureError");
  assert.match(error.message, /stopped serving with exit code 3: out of memory$/);
});

Deno.test.each<[string, readonly string[], Partial<ServeOptions>, RegExp]>([
  ["no executable", ["no-such-program"], {}, /there is no executable "no-such-program"/],
  ["an unknown placeholder", ["x", "{polcy}"], {}, /Cannot use "\{polcy\}".*one of \{policy\}/],
  [
    "a command that ends",
    script(`console.error("no GPU"); Deno.exit(1);`),
    {},
    /stopped serving with exit code 1: no GPU/,
  ],
  [
    "a line that is no answer",
    script(`console.log("ready");${UNTIL_CLOSED}`),
    {},
    /expected one line such as .*, got "ready"/,
  ],
  [
    "an answer without a policy",
    script(`console.log('{"policy": []}');${UNTIL_CLOSED}`),
    {},
    /expected one line such as/,
  ],
  [
    "servers that take too long",
    script(`setInterval(() => {}, 1000);`),
    { timeoutSeconds: 0.2, graceSeconds: 0.05 },
    /printed no line with its endpoints in 0.2 s/,
  ],
])("serveByHook() refuses %s", async (_name, command, more, message) => {
  await assert.rejects(serveByHook(command, options(more)), { message });
});

Deno.test("serveByHook() stops waiting when it is told to", async () => {
  const reason = new Error("stop");
  const controller = new AbortController();
  const command = script(`console.error("loading"); setInterval(() => {}, 1000);`);
  const waiting = serveByHook(
    command,
    options({
      signal: controller.signal,
      graceSeconds: 0.05,
      onProgress: (line) => line === "serving: loading" && controller.abort(reason),
    }),
  );
  await assert.rejects(waiting, (error: unknown) => error === reason);
});

/** The words that came, in order, and a promise of the first with a given beginning. */
class Progress {
  readonly #waiting: { readonly prefix: string; readonly found: (line: string) => void }[] = [];

  readonly hear = (line: string) => {
    for (const { prefix, found } of this.#waiting) if (line.startsWith(prefix)) found(line);
  };

  first(prefix: string): Promise<string> {
    return new Promise((found) => this.#waiting.push({ prefix, found }));
  }
}

/** Settles when a process is gone, or has ended and was not yet waited for by its parent. */
async function untilGone(pid: number): Promise<void> {
  for (;;) {
    const stat = await Deno.readTextFile(`/proc/${pid}/stat`).catch(() => null);
    if (stat === null || /\) Z /.test(stat)) return;
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}

Deno.test("serveByHook() ends servers that a command leaves behind, though they hold its output open", async () => {
  const progress = new Progress();
  const told = progress.first("serving: server ");
  const served = await serveByHook(
    ["/bin/sh", "-c", `sleep 600 & echo "server $!" >&2; echo '${READY}'; cat >/dev/null`],
    options({ env: { PATH: "/usr/bin:/bin" }, onProgress: progress.hear }),
  );
  const pid = Number((await told).split(" ").at(-1));
  await served[Symbol.asyncDispose]();
  await untilGone(pid);
});

Deno.test("the hook for vLLM ends its servers when it is told to stop while they load", async () => {
  const folder = await Deno.makeTempDir();
  try {
    // A server that never gets healthy.
    const programs = { vllm: 'echo "vllm $$" >&2; exec sleep 600', curl: "exit 7" };
    for (const [name, text] of Object.entries(programs)) {
      await Deno.writeTextFile(join(folder, name), `#!/bin/sh\n${text}\n`, { mode: 0o755 });
    }
    const progress = new Progress();
    const told = progress.first("serving: vllm ");
    const controller = new AbortController();
    const reason = new Error("stop");
    const waiting = serveByHook(
      ["docs/cluster/serve_vllm.sh", "{policy}", "{ppm}"],
      options({
        env: { PATH: `${folder}:${Deno.env.get("PATH") ?? ""}` },
        signal: controller.signal,
        onProgress: progress.hear,
      }),
    );
    const pid = Number((await told).split(" ").at(-1));
    controller.abort(reason);
    await assert.rejects(waiting, (error: unknown) => error === reason);
    await untilGone(pid);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});
