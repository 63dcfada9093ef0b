import assert from "node:assert/strict";
import { type Asked, misfitOfCode, misfitOfText } from "../../lib/domain/mod.ts";

const CHAT: Asked = { prompt: "bootstrap", api: "chat" };

function textMisfit(
  text: string,
  { stopString = null, failure = "unparsable", asked = CHAT }: {
    readonly stopString?: string | null;
    readonly failure?: "unparsable" | "truncated";
    readonly asked?: Asked;
  } = {},
) {
  return misfitOfText({ text, stopString }, { failure, asked });
}

Deno.test("misfitOfText() tells the ways of failing apart", () => {
  const cases: readonly (readonly [RegExp, ReturnType<typeof textMisfit>])[] = [
    [/lone end of sequence/, textMisfit("")],
    [/lone end of sequence/, textMisfit("<|eot_id|>\n")],
    [/only prose/, textMisfit("First, we add 2 and 3.")],
    [/Markdown fences/, textMisfit("Sure!\n```python\nprint(5)\n```")],
    [/opening mark/, textMisfit("<code>\nprint(5)")],
    [/reasoning text in place/, textMisfit("<think>Hm.</think>5")],
    [/reasoning text up to/, textMisfit("<think>Hm, hm", { failure: "truncated" })],
    [/cut at search\.maxTokens/, textMisfit("and and and", { failure: "truncated" })],
    [/behind a stop string/, textMisfit("\n<code>\nx = 1\n<end_of_step>\ny = 2")],
    [
      /<end_of_step> without code/,
      textMisfit("\n<code>\n<end_of_step>", { stopString: "<end_of_step>" }),
    ],
    [/without a box/, textMisfit("<answer>5<end_of_answer>", { stopString: "<end_of_answer>" })],
    [/wrote itself/, textMisfit("<output>5<end_of_output>", { stopString: "<end_of_output>" })],
  ];
  for (const [kind, misfit] of cases) {
    assert.match(misfit.kind, kind);
    assert.notEqual(misfit.cure, "");
  }
});

Deno.test("misfitOfText() names a cure that is not what was done already", () => {
  const cure = (asked: Asked) => textMisfit("Words.", { asked }).cure;
  assert.match(cure({ prompt: "bootstrap", api: "completions" }), /--policy-api chat/);
  assert.doesNotMatch(cure(CHAT), /--policy-api chat/);
  assert.match(cure({ prompt: "trained", api: "completions" }), /preset general/);
  assert.match(cure(CHAT), /preset general/);
  assert.doesNotMatch(cure({ ...CHAT, draw: "solution" }), /preset|--policy-api/);
  assert.match(textMisfit("<think>", { failure: "truncated" }).cure, /raise search\.maxTokens/);
});

Deno.test("misfitOfCode() goes by the exception or by the limit", () => {
  const evidence = {
    stdout: "",
    errorMessage: null,
    errorLine: null,
    wallMs: 1,
    cpuMs: 1,
    cached: false,
  };
  const kind = (status: "error" | "timeout", errorType: string | null) =>
    misfitOfCode({ evidence: { ...evidence, status, errorType } }).kind;
  assert.equal(kind("error", "NameError"), "code: NameError");
  assert.equal(kind("timeout", null), "code: timeout");
  assert.match(
    misfitOfCode({ evidence: { ...evidence, status: "error", errorType: "ModuleNotFoundError" } })
      .cure,
    /can import/,
  );
  assert.match(
    misfitOfCode({ evidence: { ...evidence, status: "error", errorType: "constructor" } }).cure,
    /sql errors/,
  );
});
