import assert from "node:assert/strict";
import { join } from "node:path";
import { InfrastructureError } from "../../lib/core/mod.ts";
import { findExecutable, runProcess, startProcess } from "../../lib/process/mod.ts";

const SHELL = "/bin/sh";

Deno.test("findExecutable() looks through the search path in order, and no further", async () => {
  const folder = await Deno.makeTempDir();
  const program = join(folder, "thing");
  await Deno.writeTextFile(program, "#!/bin/sh\n", { mode: 0o755 });
  await Deno.writeTextFile(join(folder, "notes"), "", { mode: 0o644 });
  assert.equal(await findExecutable("thing", `/nonexistent:${folder}`), program);
  assert.equal(await findExecutable(program, ""), program);
  assert.equal(await findExecutable("notes", folder), null);
  assert.equal(await findExecutable("absent", folder), null);
  assert.equal(await findExecutable("thing", ""), null);
  await Deno.remove(folder, { recursive: true });
});

Deno.test("runProcess() gives back output, exit code and the end of standard error", async () => {
  const output = await runProcess(SHELL, ["-c", "cat; echo lost; echo kept >&2; exit 3"], {
    input: "in\n",
  });
  assert.deepEqual(output, { code: 3, signal: null, stdout: "in\nlost\n", stderr: "kept" });
});

Deno.test("runProcess() gives the program the named variables and no others", async () => {
  const output = await runProcess("/usr/bin/env", [], { env: { ONLY: "this" } });
  assert.equal(output.stdout, "ONLY=this\n");
});

Deno.test("runProcess() is content with a program that does not read its input", async () => {
  const output = await runProcess(SHELL, ["-c", "exec <&-; exit 0"], {
    input: "x".repeat(1 << 20),
  });
  assert.equal(output.code, 0);
});

Deno.test("runProcess() names a missing executable", async () => {
  await assert.rejects(
    runProcess("/nonexistent/program", []),
    new InfrastructureError(
      "process",
      'Cannot start "/nonexistent/program": no such executable',
      {
        cause: new Deno.errors.NotFound("Failed to spawn '/nonexistent/program': entity not found"),
      },
    ),
  );
});

Deno.test("runProcess() ends a program that prints more than is wanted", async () => {
  await assert.rejects(
    runProcess(SHELL, ["-c", "while :; do echo too much; done"], { maxOutputBytes: 1000 }),
    new InfrastructureError(
      "process",
      `Cannot read the output of "${SHELL}": expected at most 1000 bytes`,
    ),
  );
});

Deno.test("runProcess() ends the program when its signal aborts", async () => {
  const controller = new AbortController();
  const reason = new Error("enough");
  const lines: string[] = [];
  await assert.rejects(
    runProcess(SHELL, ["-c", "echo started >&2; exec sleep 1000"], {
      signal: controller.signal,
      onStderrLine: (line) => {
        lines.push(line);
        controller.abort(reason);
      },
    }),
    reason,
  );
  assert.deepEqual(lines, ["started"]);
  await assert.rejects(runProcess(SHELL, ["-c", "exit"], { signal: controller.signal }), reason);
});

Deno.test("startProcess() keeps the tail of standard error and hands over its lines", async () => {
  const lines: string[] = [];
  await using child = startProcess(
    SHELL,
    ["-c", "for i in 1 2 3 4; do echo line $i >&2; done; printf open >&2"],
    { stderrTailBytes: 11, onStderrLine: (line) => lines.push(line) },
  );
  assert.deepEqual(await child.status, { code: 0, signal: null });
  await child[Symbol.asyncDispose]();
  assert.equal(child.stderrTail, "line 4\nopen");
  assert.deepEqual(lines, ["line 1", "line 2", "line 3", "line 4", "open"]);
});

Deno.test("ChildProcess.kill() ends the process, once", async () => {
  await using child = startProcess(SHELL, ["-c", "trap '' TERM; exec sleep 1000"]);
  assert.equal(child.ended, false);
  child.kill();
  assert.deepEqual(await child.status, { code: 137, signal: "SIGKILL" });
  assert.equal(child.ended, true);
  child.kill();
});

Deno.test("ChildProcess.kill() ends what the process started when it was asked to", async () => {
  // The background process holds standard output open: only its end ends the stream.
  await using child = startProcess(SHELL, ["-c", "sleep 600 & echo ready; wait"], {
    env: { PATH: "/usr/bin:/bin" },
    endsGroup: true,
  });
  let text = "";
  for await (const part of child.stdout.pipeThrough(new TextDecoderStream())) {
    text += part;
    child.kill();
  }
  assert.equal(text, "ready\n");
  assert.equal((await child.status).signal, "SIGKILL");
});
