import { gradeCases, type Grader } from "../../lib/grading/mod.ts";

/** Grades a whole file of cases; one parsed JSON value per line of the result. */
export async function gradeLines(text: string, grader: Grader): Promise<unknown[]> {
  const results: unknown[] = [];
  for await (const line of gradeCases(linesOf(text), grader)) results.push(JSON.parse(line));
  return results;
}

async function* linesOf(text: string): AsyncGenerator<string> {
  for (const line of text.split("\n")) yield await Promise.resolve(line);
}
