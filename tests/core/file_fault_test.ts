import assert from "node:assert/strict";
import { fileFault, openFilesFault } from "../../lib/core/mod.ts";

async function faultOf(work: () => Promise<unknown>): Promise<string | null> {
  try {
    await work();
  } catch (error) {
    return fileFault(error);
  }
  throw new Error("Expected a fault of the file system, got none");
}

Deno.test("fileFault() says what is wrong with a path", async () => {
  const read = (path: string) => faultOf(() => Deno.readTextFile(path));
  assert.equal(await read("/nowhere/at/all"), "there is no such file or folder");
  assert.equal(await read("/"), "expected a file, got a folder");
  assert.equal(await read("/dev/null/below"), "a part of its path is no folder");
  assert.equal(await read(`/${"x".repeat(300)}`), "its name is too long");
});

Deno.test("fileFault() says that a disk is full", async () => {
  assert.equal(await faultOf(() => Deno.writeTextFile("/dev/full", "x")), "the disk is full");
});

Deno.test("fileFault() says that too many files are open, and what to do", () => {
  const error = Object.assign(new Error("Too many open files (os error 24)"), { code: "EMFILE" });
  const expected =
    'too many files and connections are open; run "ulimit -n 4096" before the command';
  assert.equal(fileFault(error), expected);
  assert.equal(openFilesFault('Cannot open file "x.wal": Too many open files'), expected);
  assert.equal(openFilesFault("no such host"), null);
});

Deno.test("fileFault() leaves other errors to others", () => {
  assert.equal(fileFault(new TypeError("x")), null);
  assert.equal(fileFault("x"), null);
});
