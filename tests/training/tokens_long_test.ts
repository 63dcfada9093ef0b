/** Prompts are tokens, not texts: what a policy is asked with is what it was shown or trained on, by the rules of any tokenizer. */
import assert from "node:assert/strict";
import { fileURLToPath } from "node:url";
import { policyPrompt, seededRandom } from "../../lib/core/mod.ts";
import {
  BOOTSTRAP_EXAMPLES,
  type BootstrapExample,
  bootstrapMessages,
  bootstrapPrompt,
  mathText,
  parseSegment,
  type Segment,
  type SegmentParent,
} from "../../lib/domain/mod.ts";
import { responseParts } from "../../lib/export/formats.ts";
import { runProcess } from "../../lib/process/mod.ts";
import { CAREFUL_AUTHOR, drawStoryOf, storyText, writeSolution } from "../../lib/starter/mod.ts";
import { INTERPRETER, modelTest } from "../engine/_models.ts";

/** A finished solution: its segments as search stores them, outputs included. */
interface Solution {
  readonly question: string;
  readonly segments: readonly (Pick<Segment, "kind" | "text">)[];
}

/** Builds what a search keeps of a policy that wrote this. */
function solutionOf(question: string, written: string, output: string): Solution {
  let parent: SegmentParent = "root";
  const segments: Pick<Segment, "kind" | "text">[] = [];
  for (const piece of written.split(/(?<=<end_of_(?:step|code|answer)>)/)) {
    const text = piece.replace(/^\n<output>.*<end_of_output>\n/, "");
    const stopString = /<end_of_\w+>$/.exec(text)?.[0] ?? null;
    const { kind, text: kept } = parseSegment(
      { text, stopString, finishReason: "end", tokens: 1 },
      {
        parent,
        codeAfterOutput: false,
        answerKey: String,
        rewrite: false,
      },
    );
    assert.notEqual(kind, "failed", text);
    segments.push({ kind, text: kind === "code_end" ? `${kept}${output}` : kept });
    parent = kind === "code_end" ? "code_end" : "step";
  }
  return { question, segments };
}

function exampleAsDrawn({ question, steps, answer }: BootstrapExample): Solution {
  const code = steps.join("\n<end_of_step>\n\n");
  const output = `\n<output>${answer}<end_of_output>\n`;
  const written =
    `<code>\n${code}\n<end_of_code><answer>It is \\boxed{${answer}}.\n<end_of_answer>`;
  return solutionOf(question, written, output);
}

function story(seed: number): Solution {
  const random = seededRandom(seed);
  const drawn = drawStoryOf("train", { random, level: 2 });
  const { response } = writeSolution(drawn, { random, rates: CAREFUL_AUTHOR });
  const output = /\n<output>.*<end_of_output>\n/.exec(response)?.[0] ?? "";
  return solutionOf(storyText(drawn), response, output);
}

/** Solutions so far, from none to the one that lacks but the answer. */
function prefixesOf({ segments }: Solution): readonly string[] {
  return segments.map((_, i) => segments.slice(0, i).map(({ text }) => text).join(""));
}

function wholeOf({ segments }: Solution): string {
  return segments.map(({ text }) => text).join("");
}

function continued(question: string, solution: string): string {
  return bootstrapMessages(question, solution).at(-1)?.content ?? "";
}

modelTest(
  "what a policy is asked with is a token prefix of what it is shown or trained on",
  async () => {
    const solutions = [
      ...BOOTSTRAP_EXAMPLES.map(exampleAsDrawn),
      ...[1, 2, 3, 4, 5].map(story),
    ];
    const asked = ({ question }: Solution, prefixes: readonly string[]) =>
      prefixes.map((prefix) => mathText(question, prefix));
    const input = {
      bootstrap: solutions.flatMap((one) => [
        {
          whole: bootstrapPrompt(one.question, wholeOf(one)),
          prefixes: prefixesOf(one).map((prefix) => bootstrapPrompt(one.question, prefix)),
        },
        {
          whole: continued(one.question, wholeOf(one)),
          prefixes: prefixesOf(one).slice(1).map((prefix) => continued(one.question, prefix)),
        },
      ]),
      traces: solutions.map((one) => ({
        prompt: policyPrompt(one.question),
        response: one.segments.flatMap(({ text, kind }) => responseParts(text, kind)),
        asked: asked(one, prefixesOf(one)),
      })),
    };
    const python = fileURLToPath(new URL("./python", import.meta.url));
    const room = fileURLToPath(new URL("../../lib/training", import.meta.url));
    const { code, stdout, stderr } = await runProcess(
      INTERPRETER,
      ["-B", `${python}/token_prefixes.py`],
      { env: { PYTHONPATH: room, HF_HUB_OFFLINE: "1" }, input: JSON.stringify(input) },
    );
    assert.equal(code, 0, stderr);
    const prompts = input.traces.reduce((sum, trace) => sum + trace.asked.length, 0);
    const all = { shown: [2 * prompts - solutions.length, 0], learnt: [prompts, 0] };
    assert.deepEqual(JSON.parse(stdout), { qwen2: all, llama3: all, gpt2: all, starter: all });
  },
);
