import { z } from "zod";
import { UsageError } from "../core/mod.ts";
import { lastBoxes } from "./boxes.ts";
import { extractAnswer, isReply } from "./extract.ts";
import type { Grader } from "./grader.ts";

/** One line of a case file; unknown fields are ignored, so that labelled files can be graded as they are. */
const GradingCase = z.object({
  id: z.union([z.string(), z.number()]),
  /** `extract`: `pred` is a whole reply; else a bare answer. */
  kind: z.string(),
  gold: z.string(),
  pred: z.string(),
});

/** Cases that are graded at the same time: enough to fill the batches of stage two. */
const IN_FLIGHT = 64;

/**
 * Grades a file of cases: JSON lines in, JSON lines out (`{id, extracted, verdict, grader, ms, stage, reason}`), in the same order.
 *
 * @throws {UsageError} At a line that is no case; lines before it have been graded.
 * @throws {InfrastructureError} If the grader's worker is lost.
 */
export async function* gradeCases(
  lines: AsyncIterable<string>,
  grader: Grader,
): AsyncGenerator<string> {
  const pending: Promise<string>[] = [];
  let number = 0;
  try {
    for await (const line of lines) {
      number++;
      if (line.trim() === "") continue;
      const graded = gradeLine(parseLine(line, number), grader);
      graded.catch(() => {}); // reported where it is awaited, in order
      pending.push(graded);
      if (pending.length >= IN_FLIGHT) yield await (pending.shift() ?? graded);
    }
  } finally {
    await Promise.allSettled(pending);
  }
  for (const graded of pending) yield await graded;
}

function parseLine(line: string, number: number): z.infer<typeof GradingCase> {
  let json: unknown;
  try {
    json = JSON.parse(line);
  } catch (error) {
    throw new UsageError(`Cannot read line ${number}: expected JSON, got "${line.slice(0, 60)}"`, {
      cause: error,
    });
  }
  const parsed = GradingCase.safeParse(json);
  if (parsed.success) return parsed.data;
  throw new UsageError(
    `Cannot read line ${number}: expected {id, kind, gold, pred}; ${z.prettifyError(parsed.error)}`,
  );
}

async function gradeLine(line: z.infer<typeof GradingCase>, grader: Grader): Promise<string> {
  const extracted = line.kind === "extract" ? answerOfReply(line.pred) : answerOfBare(line.pred);
  const gold = answerOfGold(line.gold);
  const answer = line.pred.trim() === line.gold.trim() ? gold : extracted;
  const verdict = await grader.grade({ answer: gold, meta: {} }, answer);
  return JSON.stringify({
    id: line.id,
    extracted: answer,
    verdict: verdict.correct,
    grader: verdict.grader,
    ms: Math.round(verdict.elapsedMs * 100) / 100,
    stage: verdict.stage,
    reason: verdict.reason,
  });
}

/** Nothing is known of the origin of these replies, so every rule applies. */
function answerOfReply(reply: string): string | null {
  return extractAnswer(reply, { lastFormula: true, lastNumber: true }).answer;
}

function answerOfBare(text: string): string | null {
  return lastBoxes(text).answer ?? (isReply(text) ? answerOfReply(text) ?? text : text);
}

/** Some references are whole solutions themselves: `… #### 72`. */
function answerOfGold(gold: string): string {
  return lastBoxes(gold).answer ?? extractAnswer(gold).answer ?? gold;
}
