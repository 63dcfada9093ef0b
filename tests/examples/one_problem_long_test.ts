import assert from "node:assert/strict";

const root = new URL("../../", import.meta.url);

Deno.test("the example grows a tree in which right answers have Q 1 and wrong ones -1", async () => {
  const { success, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", "--lock=deno.lock", "--frozen", "examples/one_problem.ts"],
    cwd: root,
  }).output();
  assert.ok(success, new TextDecoder().decode(stderr));
  const lines = new TextDecoder().decode(stdout).trimEnd().split("\n");
  for (const line of lines) assert.match(line, /^ *(step|code_end|answer|failed) N=\d+ Q=\S+ "/);
  const answers = lines.filter((line) => /^ *answer N=[1-9]/.test(line));
  const rightQs = answers.map((line) => [line.includes("{44}"), / Q=(\S+)/.exec(line)?.[1]]);
  assert.ok(rightQs.length > 1);
  assert.deepEqual(rightQs.filter(([right, q]) => q !== (right ? "1.00" : "-1.00")), []);
});
