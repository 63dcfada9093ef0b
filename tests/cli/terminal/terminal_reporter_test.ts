/** Tests of how people are told of progress. */
import assert from "node:assert/strict";
import { timeLeft } from "../../../lib/core/mod.ts";
import { ROOT } from "../_rstar.ts";

Deno.test("timeLeft() says how long nothing was finished once that is a minute", () => {
  const said = (eta: number, idleSeconds: number) => timeLeft(eta, { idleSeconds, what: "tree" });
  assert.equal(said(90, 59), "ETA 1 min 30 s");
  assert.equal(said(90, 180), "no tree finished for 3 min 00 s");
  assert.equal(said(NaN, 5), "ETA ?");
  assert.equal(said(NaN, 75), "no tree finished for 1 min 15 s");
  assert.equal(said(0, 600), "ETA 0 s", "nothing is left");
});

/** Runs code with a reporter; returns what it leaves on standard error. */
async function shown(body: string): Promise<string> {
  const { stderr } = await new Deno.Command(Deno.execPath(), {
    args: [
      ...["eval", "--no-check"],
      `import { TerminalReporter } from "${ROOT}lib/cli/terminal/terminal_reporter.ts";
      using reporter = new TerminalReporter({ quiet: false });
      reporter.begin("Round 1 of 2: search");
      ${body}`,
    ],
    cwd: ROOT,
  }).output();
  return new TextDecoder().decode(stderr);
}

Deno.test("TerminalReporter says finished of what is, and not above an error", async () => {
  assert.match(await shown("reporter.finish();"), /^finished, 0 s\n$/);
  const failed = await shown('throw new Error("it broke");');
  assert.match(failed, /^stopped at: Round 1 of 2: search, 0 s\n/);
  assert.doesNotMatch(failed, /finished/);
});
