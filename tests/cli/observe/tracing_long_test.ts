import assert from "node:assert/strict";
import { fileURLToPath } from "node:url";

const program = fileURLToPath(new URL("_traced.ts", import.meta.url));

async function run(env: Readonly<Record<string, string>>): Promise<string> {
  const { code, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["run", "--quiet", "-A", "--no-check", program],
    env: { ...env },
    stdout: "null",
    stderr: "piped",
  }).output();
  const text = new TextDecoder().decode(stderr);
  assert.equal(code, 0, text);
  return text;
}

Deno.test("spans of trees and expansions are exported where Deno is told to, and nothing is otherwise", async () => {
  const shown = await run({ OTEL_DENO: "true", OTEL_EXPORTER_OTLP_PROTOCOL: "console" });
  for (const part of ["tree", "expansion", "p/1", "candidates"]) {
    assert.ok(shown.includes(part), shown);
  }
  assert.equal(await run({ OTEL_DENO: "false" }), "");
});
