import assert from "node:assert/strict";
import { PassThrough } from "node:stream";
import { StoreError, UsageError } from "../../../lib/core/mod.ts";
import { complete, runShell } from "../../../lib/cli/sql/shell.ts";

/** Types these lines into a shell; returns what it runs and prints. */
async function typed(
  lines: readonly string[],
  run: (text: string) => Promise<void> = () => Promise.resolve(),
  isTerminal = false,
) {
  const input = new PassThrough();
  const ran: string[] = [];
  const printed: string[] = [];
  const shell = runShell({
    input,
    output: new PassThrough().resume(),
    isTerminal,
    run: (text) => {
      ran.push(text);
      return run(text);
    },
    list: () => "the list",
    print: (text) => void printed.push(text),
    names: ["trees", "tree_id"],
    history: ["earlier"],
  });
  input.end(lines.map((line) => `${line}\n`).join(""));
  return { history: await shell, ran, printed };
}

Deno.test("runShell() gathers lines until a semicolon and runs analyses by name", async () => {
  const { ran, printed } = await typed([
    "select count(*)",
    "",
    "from trees;",
    "cost",
    ".list",
    "left over",
  ]);
  assert.deepEqual(ran, ["select count(*)\n\nfrom trees;", "cost"]);
  assert.deepEqual(printed, ["the list"]);
});

Deno.test("runShell() goes on after a statement that fails, and ends at .quit", async () => {
  const errors = [new UsageError("wrong"), new StoreError("busy")];
  const { ran, printed } = await typed(["a;", "b;", ".quit", "c;"], () => {
    const error = errors.shift();
    return error === undefined ? Promise.resolve() : Promise.reject(error);
  });
  assert.deepEqual(ran, ["a;", "b;"]);
  assert.deepEqual(printed, ["error: wrong", "error: busy"]);
});

Deno.test("runShell() stops a statement whose Ctrl-C comes with the line, before it has begun", async () => {
  const { ran, printed } = await typed(
    ["select", "1;\r\u0003", "2;"],
    () => Promise.resolve(),
    true,
  );
  assert.deepEqual(ran, ["2;"]);
  assert.deepEqual(printed.slice(1), ["error: Stopped", "error: Stopped"]);
});

Deno.test("runShell() does not hide a bug", async () => {
  await assert.rejects(() => typed(["a;"], () => Promise.reject(new TypeError("bug"))), {
    message: "bug",
  });
});

Deno.test("complete() offers the words that begin like the last one", () => {
  const words = ["trees", "tree_id", "suspect-labels", ".list"];
  assert.deepEqual(complete("select * from TRE", words), [["trees", "tree_id"], "TRE"]);
  assert.deepEqual(complete("suspect-", words), [["suspect-labels"], "suspect-"]);
  assert.deepEqual(complete(".l", words), [[".list"], ".l"]);
  assert.deepEqual(complete("select ", words), [[], ""]);
});
