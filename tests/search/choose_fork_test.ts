/** Choice among forks against distributions worked out by hand (docs/search.md, "Choice of a fork"). */
import assert from "node:assert/strict";
import { DEFAULT_CALIBRATION, type TokenChoice } from "../../lib/core/mod.ts";
import { type ChoiceRule } from "../../lib/search/mod.ts";
import { chooseFork, forkValue, weighForks } from "../../lib/search/_choose_fork.ts";
import { emptyFork, type Fork, ForkTable } from "../../lib/search/_fork.ts";
import { ForkBook } from "../../lib/search/_fork_book.ts";
import type { ForkRollout } from "../../lib/search/_fork_rollout.ts";
import { newChild, newRoot } from "../../lib/search/_new_child.ts";
import { PRESETS } from "../../lib/search/mod.ts";

function token(id: number, probability: number): TokenChoice {
  return { id, text: String(id), bytes: null, logprob: Math.log(probability) };
}

function child(visits: number, valueSum: number) {
  const root = newRoot();
  const segment = {
    kind: "step",
    failure: null,
    text: "x",
    code: "x",
    answer: null,
    mergeKey: "x",
  } as const;
  const made = newChild(root, {
    segment,
    drawIndex: 0,
    multiplicity: 1,
    generatedTokens: 1,
    contextTokens: 1,
    spec: PRESETS.default.spec,
  });
  return Object.assign(made, { visits, valueSum });
}

/** Forks of two nodes: at the root of probability 0.2 and 0.1, below a step of reach 0.5 and one wrong rollout of 0.4. */
function forks(): { readonly forks: readonly Fork[]; readonly reachOf: (node: unknown) => number } {
  const lower = child(1, -1);
  const upper = newRoot();
  const at = (node: Fork["node"], probability: number, choice: number, entropy: number): Fork => ({
    ...emptyFork(node),
    token: token(1, choice),
    logprob: Math.log(probability),
    entropy,
  });
  return {
    forks: [at(upper, 0.2, 0.2, 0.5), at(upper, 0.1, 0.1, 1), at(lower, 0.4, 0.5, 0.6)],
    reachOf: (node) => node === lower ? Math.log(0.5) : 0,
  };
}

function shares(rule: ChoiceRule, draws: number): readonly number[] {
  const { forks: all, reachOf } = forks();
  const weighed = weighForks(all, { rule, calibration: DEFAULT_CALIBRATION, reachOf });
  const counts = all.map(() => 0);
  for (let i = 0; i < draws; i++) {
    const taken = chooseFork(weighed, { rule, random: (i + 0.5) / draws });
    const index = all.findIndex((one) => one === taken);
    counts[index] = (counts[index] ?? 0) + 1;
  }
  return counts.map((count) => count / draws);
}

Deno.test("chooseFork() takes forks in proportion to what its rule says, worked out by hand", () => {
  const near = (actual: readonly number[], expected: readonly number[]) => {
    const rounded = actual.map((share) => Number(share.toFixed(3)));
    assert.deepEqual(rounded, expected);
  };
  // Masses 0.2, 0.1 and 0.5 * 0.4 = 0.2, which make 0.5.
  near(shares("mass", 10_000), [0.4, 0.2, 0.4]);
  // The value below the wrong rollout is 1 - 1 / 3 = 2/3: 0.2, 0.1 and 0.1333 make 0.4333.
  near(shares("mass-value", 10_000), [0.462, 0.231, 0.308]);
  // 0.5 * 0.2 = 0.1, 1 * 0.1 = 0.1, 0.6 * 0.5 = 0.3.
  near(shares("entropy", 10_000), [0.2, 0.2, 0.6]);
  // Equal masses: the first.
  near(shares("likeliest", 10), [1, 0, 0]);
});

Deno.test("forkValue() is 1 where nothing is known and stays between 0 and 2", () => {
  const value = (visits: number, sum: number, logit: number | null = null) =>
    Number(forkValue(Object.assign(child(visits, sum), { logit }), DEFAULT_CALIBRATION).toFixed(3));
  assert.deepEqual([value(0, 0), value(1, 1), value(1, -1), value(8, 8)], [1, 1.333, 0.667, 1.8]);
  // A PPM's score counts as a visit: tanh(0.5) / 3.
  assert.equal(value(0, 0, 0.5), 1.154);
});

Deno.test("chooseFork() gives none where none has weight", () => {
  assert.equal(chooseFork([], { rule: "mass", random: 0.5 }), null);
  const { forks: [one] } = forks();
  assert.ok(one !== undefined);
  for (const rule of ["mass", "likeliest"] as const) {
    assert.equal(chooseFork([{ fork: one, mass: 0, weight: 0 }], { rule, random: 0.5 }), null);
  }
});

Deno.test("ForkTable notes a place's entropy and tells tokens without a number apart by their text", () => {
  const table = new ForkTable();
  const word = (text: string, probability: number): TokenChoice => ({
    id: null,
    text,
    bytes: null,
    logprob: Math.log(probability),
  });
  const generated = [{
    ...word("a", 0.5),
    alternatives: [word("b", 0.25), word("a", 0.125), word("", 0.0625)],
  }];
  table.enter({ fork: emptyFork(newRoot()), generated, child: child(0, 0) });
  assert.deepEqual(table.open.map(({ token: other }) => other?.text), ["b"]);
  // 0.5, 0.25, 0.125, 0.0625 and the rest 0.0625: (0.5 + 0.5 + 0.375 + 0.25 + 0.25) ln 2.
  assert.ok(Math.abs((table.open[0]?.entropy ?? NaN) - 1.875 * Math.LN2) < 1e-12);
});

Deno.test("ForkBook keeps the likeliest forks where there are too many", () => {
  const root = newRoot();
  const spec = { ...PRESETS.default.spec, expansion: "fork" as const, choice: "mass" as const };
  const book = new ForkBook(root, {
    spec,
    seed: 1,
    calibration: DEFAULT_CALIBRATION,
    maxOpen: 100,
  });
  const fork = book.take(0);
  assert.ok(fork !== null);
  const alternatives = Array.from({ length: 150 }, (_, i) => token(i + 2, 0.5 / 2 ** i));
  const made = child(0, 0);
  const rollout: ForkRollout = {
    start: root,
    fork,
    expansions: [],
    taken: [{ fork, generated: [{ ...token(1, 0.5), alternatives }], child: made }],
    answer: null,
  };
  book.enter(rollout);
  assert.equal(book.open().length, 50);
  assert.deepEqual(
    book.open().map(({ fork: { token: kept } }) => kept?.id),
    alternatives.slice(0, 50).map(({ id }) => id),
  );
  assert.equal(root.openForks, 50);
});
