import assert from "node:assert/strict";
import { serveByHook, type ServeOptions } from "../../../lib/cli/evolve/hooks.ts";

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
