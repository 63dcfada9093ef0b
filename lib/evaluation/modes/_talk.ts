/** A solution in words: for models that only talk. No code is run, the answer is taken from the reply. */
import type { ChatMessage } from "../../endpoint/policy.ts";
import { extractAnswer } from "../../grading/mod.ts";
import { boundedAnswer, boundedText } from "../_bounded.ts";
import type { Solution, SolveRequest } from "./_program.ts";
import { SampleDrawer } from "./_requests.ts";

/** Instruction to the model, in one sentence: its wording is part of every specification that uses it. */
export const TALK_INSTRUCTION =
  "Please reason step by step, and put your final answer within \\boxed{}.";

/** Draws one solution in words. */
export async function solveByTalk(request: SolveRequest): Promise<Solution> {
  const { question, sample, settings, context } = request;
  const drawer = new SampleDrawer({
    context,
    sampling: settings.sampling,
    questionId: question.id,
    sample,
  });
  const completion = await drawer.draw(talkPrompt(question.question, settings.api), { stop: [] });
  const reply = completion?.text ?? "";
  const found = extractAnswer(reply, settings.extraction);
  const isCut = completion === null ||
    ["length", "aborted"].includes(completion.finishReason);
  // A reply that was cut may have named its answer before; the box says so, a phrase or a number does not.
  const answer = isCut && found.rule !== "boxed" ? null : found.answer;
  return {
    ...drawer.usage,
    answer: answer === null ? null : boundedAnswer(answer),
    outcome: answer !== null ? "answered" : isCut || found.isTruncated ? "truncated" : "no_answer",
    score: null,
    ppmTokens: 0,
    text: context.domain.text(question.question, reply),
    trace: {
      text: boundedText(reply),
      ...(found.isLoose && answer !== null ? { loose: found.rule } : {}),
    },
  };
}

/** The question with the instruction: a message for a chat model, a text that a base model continues. */
export function talkPrompt(
  question: string,
  api: "completions" | "chat",
): string | readonly ChatMessage[] {
  return api === "chat"
    ? [{ role: "user", content: `${question}\n${TALK_INSTRUCTION}` }]
    : `Question: ${question}\n${TALK_INSTRUCTION}\nAnswer:`;
}
