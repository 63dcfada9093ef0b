import assert from "node:assert/strict";
import {
  type Asked,
  FitWatch,
  mathDomain,
  type SegmentParent,
  watchedDomain,
} from "../../lib/domain/mod.ts";
import { exactGrader } from "../../lib/grading/mod.ts";
import { openStubSandbox, type StubScript } from "../../lib/sandbox/mod.ts";

const CHAT: Asked = { prompt: "bootstrap", api: "chat" };
const READABLE = "\n<code>\nx = 1\n<end_of_step>";

function watched(script?: StubScript) {
  const lines: string[] = [];
  const watch = new FitWatch({ asked: CHAT, say: (line) => lines.push(line) });
  const sandbox = openStubSandbox(script);
  const domain = watchedDomain(mathDomain({ sandbox, grader: exactGrader(), ...CHAT }), watch);
  const draw = (text: string, parent: SegmentParent = "root", isPiece = false) =>
    domain.parse({
      text,
      stopString: /<end_of_\w+>$/.exec(text)?.[0] ?? null,
      finishReason: /<end_of_\w+>$/.test(text) ? "stop_string" : "end",
      tokens: 1,
    }, { parent, codeAfterOutput: false, isPiece });
  return { lines, watch, domain, draw };
}

Deno.test("FitWatch says once, at the 26th like failure, that a model does not fit", () => {
  const { lines, draw } = watched();
  for (let i = 0; i < 25; i++) draw(`The answer is ${i}.`);
  assert.deepEqual(lines, []);
  for (let i = 25; i < 60; i++) draw(`The answer is ${i}.`);
  assert.equal(lines.length, 1);
  assert.match(lines[0] ?? "", /^The model does not fit: 26 of the first 26 candidates/);
  assert.match(
    lines[0] ?? "",
    /only prose.*for instance "The answer is 0\."; .*does not know the format/,
  );
});

Deno.test("FitWatch is silent while half of the candidates are well, and after the first fifty", () => {
  const { lines, draw, watch } = watched();
  for (let i = 0; i < 25; i++) {
    draw(READABLE);
    draw("No.");
  }
  for (let i = 0; i < 100; i++) draw("No.");
  watch.finish();
  assert.deepEqual(lines, []);
});

Deno.test("FitWatch does not add up failures of different kinds", () => {
  const { lines, draw, watch } = watched();
  for (let i = 0; i < 9; i++) {
    draw("Some words");
    draw("");
    draw("```python\nx = 1\n```");
  }
  watch.finish();
  assert.deepEqual(lines, []);
});

Deno.test("FitWatch judges a short run by what it drew, at its end", () => {
  const { lines, draw, watch } = watched();
  for (const text of ["<|im_end|>", READABLE, ""]) draw(text);
  assert.deepEqual(lines, []);
  watch.finish();
  watch.finish();
  assert.equal(lines.length, 1);
  assert.match(lines[0] ?? "", /2 of the first 3 candidates .*lone end of sequence/);
  assert.match(lines[0] ?? "", /--policy-api completions/);
});

Deno.test("FitWatch counts failing code by its exception, each candidate once, however often equal code was merged", async () => {
  const { lines, draw, watch, domain } = watched(() => ({
    status: "error",
    error: { type: "NameError", message: "name 'y' is not defined", line: 1 },
  }));
  await using checker = domain.openChecker();
  for (let i = 0; i < 3; i++) draw("\n<code>\nprint(y)\n<end_of_step>");
  draw("\n<answer>\\boxed{1}\n<end_of_answer>");
  await checker.check({ parent: null, code: "print(y)", keep: true });
  draw("\n<code>\nprint(y)\n<end_of_step>");
  watch.finish();
  assert.equal(lines.length, 1);
  assert.match(
    lines[0] ?? "",
    /4 of the first 5 candidates .*\(code: NameError\), for instance "name 'y' is not defined: print\(y\)"/,
  );
});

Deno.test("FitWatch bounds its example and takes control characters out of it", () => {
  const { lines, draw, watch } = watched();
  for (let i = 0; i < 3; i++) draw(`\x1b[31m\u202ered\r\nand long ${"ab ".repeat(5_000)}`);
  watch.finish();
  const [line = ""] = lines;
  assert.ok(line.length < 600, `${line.length}`);
  assert.doesNotMatch(line, /\p{Cc}|\p{Cf}/u);
  assert.match(line, /"\[31m red and long ab/);
});

Deno.test("FitWatch knows whether anything was read at all; pieces of a program are no candidates", () => {
  const { draw, watch } = watched();
  assert.equal(watch.hasReadNothing, false);
  draw("Hm.");
  draw(READABLE, "root", true);
  assert.equal(watch.hasReadNothing, true);
  for (let i = 0; i < 60; i++) draw("Hm.");
  draw(READABLE);
  assert.equal(watch.hasReadNothing, false);
});
