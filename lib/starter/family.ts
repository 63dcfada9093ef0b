/**
 * Families of steps: how one sentence of a story changes the quantity that the story follows.
 *
 * Invariant: the right move and the misconceived move differ in value wherever `drawOperands` accepts the quantity, so a
 * misconception can always be seen in the value of its step.
 */
import type { Random } from "../core/mod.ts";

/** One way to turn the sentence into a line of Python. */
export interface Move {
  /** Comments that go with it; one is drawn. Placeholders as in {@linkcode Family.phrasings}. */
  readonly comments: readonly string[];
  /** Right side of the assignment: `x` is the current quantity, `{0}`, `{1}` … the operands. */
  readonly expression: string;
  /** The value of the expression. */
  value(x: number, operands: readonly number[]): number;
}

/**
 * Where a family may appear. `plain` steps are read rightly by the base model; `basic` families carry a misconception and appear
 * at every level, `middle` ones from level 3 on, `late` ones at level 4 only.
 */
export const TIERS = ["plain", "basic", "middle", "late"] as const;

/** Tier of a family. */
export type Tier = typeof TIERS[number];

/** A kind of step: its sentences, its numbers, its right move and, except for plain ones, its misconceived move. */
export interface Family {
  readonly name: string;
  readonly tier: Tier;
  /** Sentences of the ordinary splits. Placeholders: `{name}`, `{objects}`, `{0}`, `{1}`, `{part}`, `{Part}`. */
  readonly phrasings: readonly string[];
  /** Sentences of the out-of-distribution split only. */
  readonly unseenPhrasings: readonly string[];
  /** Numbers of the sentence; `null` when the quantity does not allow any (it must stay whole). */
  drawOperands(random: Random, x: number): readonly number[] | null;
  readonly right: Move;
  readonly misconceived: Move | null;
}

const PARTS: Readonly<Record<number, string>> = { 3: "a third", 4: "a quarter", 5: "a fifth" };

/** Values for the placeholders of a sentence or a comment. */
export interface Slots {
  readonly name: string;
  readonly objects: string;
  readonly operands: readonly number[];
}

/** Puts values into a template. */
export function fillTemplate(template: string, slots: Slots): string {
  const part = PARTS[slots.operands[0] ?? 0] ?? "";
  return template
    .replaceAll("{name}", slots.name)
    .replaceAll("{objects}", slots.objects)
    .replaceAll("{part}", part)
    .replaceAll("{Part}", part.charAt(0).toUpperCase() + part.slice(1))
    .replaceAll(/\{(\d)\}/g, (_, index) => String(slots.operands[Number(index)]));
}

/** A move's expression for a variable and operands; `x` may itself be an expression. */
export function fillExpression(move: Move, options: {
  readonly x: string;
  readonly operands: readonly number[];
}): string {
  return move.expression
    .replaceAll("x", options.x)
    .replaceAll(/\{(\d)\}/g, (_, index) => String(options.operands[Number(index)]));
}
