/** Steps whose sentence invites a particular wrong move, which the base model makes most of the time. */
import { pick, type Random, randomInteger } from "../core/mod.ts";
import type { Family } from "./family.ts";

/** Draws two factors whose product differs from their sum. */
function drawFactors(random: Random): readonly number[] {
  const factors = [randomInteger(random, 2, 9), randomInteger(random, 3, 9)];
  return factors;
}

/** Draws one of the candidates that fit; `null` when none does. */
function drawFitting(
  random: Random,
  options: { readonly from: readonly number[]; readonly fits: (n: number) => boolean },
): readonly number[] | null {
  const fitting = options.from.filter(options.fits);
  return fitting.length === 0 ? null : [pick(random, fitting)];
}

const BASIC: readonly Family[] = [
  {
    name: "part_away",
    tier: "basic",
    phrasings: [
      "{Part} of the {objects} are given away.",
      "Then {part} of them go to a neighbour.",
      "{name} hands out {part} of the {objects}.",
    ],
    unseenPhrasings: [
      "{name} parts with {part} of the {objects}.",
      "{Part} of them leave the house as presents.",
    ],
    drawOperands: (random, x) =>
      drawFitting(random, { from: [3, 4, 5], fits: (n) => x % n === 0 && x / n >= 3 }),
    right: {
      comments: ["{part} is gone", "take {part} away"],
      expression: "x - x // {0}",
      value: (x, [n = 1]) => x - Math.floor(x / n),
    },
    misconceived: {
      comments: ["{part} is left", "keep {part}"],
      expression: "x // {0}",
      value: (x, [n = 1]) => Math.floor(x / n),
    },
  },
  {
    name: "boxes_of",
    tier: "basic",
    phrasings: [
      "{0} boxes of {1} {objects} are delivered.",
      "{name} gets {0} packs of {1} as a gift.",
      "Then {0} crates of {1} {objects} arrive.",
    ],
    unseenPhrasings: [
      "{0} sacks, {1} {objects} in each, are carried in.",
      "{name} unloads {0} pallets of {1}.",
    ],
    drawOperands: drawFactors,
    right: {
      comments: ["add all the boxes", "count what is in the boxes"],
      expression: "x + {0} * {1}",
      value: (x, [a = 0, b = 0]) => x + a * b,
    },
    misconceived: {
      comments: ["add both numbers", "add the delivery"],
      expression: "x + {0} + {1}",
      value: (x, [a = 0, b = 0]) => x + a + b,
    },
  },
  {
    name: "percent_more",
    tier: "basic",
    phrasings: [
      "The stock then grows by {0} percent.",
      "A lucky week brings {0} percent more {objects}.",
      "{name} raises the number by {0} percent.",
    ],
    unseenPhrasings: [
      "A bonus of {0} percent is put on top.",
      "One month later there are {0} percent more.",
    ],
    drawOperands: (random, x) =>
      drawFitting(random, {
        from: [10, 20, 25, 40, 50],
        fits: (n) => (x * n) % 100 === 0 && x !== 100,
      }),
    right: {
      comments: ["that percentage is added", "add the percentage of it"],
      expression: "x + x * {0} // 100",
      value: (x, [n = 0]) => x + Math.floor(x * n / 100),
    },
    misconceived: {
      comments: ["add that much", "it grows by that number"],
      expression: "x + {0}",
      value: (x, [n = 0]) => x + n,
    },
  },
  {
    name: "take_each",
    tier: "basic",
    phrasings: [
      "{0} children take {1} {objects} each.",
      "Then {0} guests eat {1} each.",
      "{name} gives {0} pupils {1} {objects} each.",
    ],
    unseenPhrasings: [
      "Each of {0} visitors walks off with {1}.",
      "{1} {objects} go to every one of {0} cousins.",
    ],
    drawOperands: (random, x) => {
      const [a = 0, b = 0] = drawFactors(random);
      return a * b + 3 > x ? null : [a, b];
    },
    right: {
      comments: ["everybody takes some", "take off all of theirs"],
      expression: "x - {0} * {1}",
      value: (x, [a = 0, b = 0]) => x - a * b,
    },
    misconceived: {
      comments: ["take off that number", "so many are taken"],
      expression: "x - {1}",
      value: (x, [, b = 0]) => x - b,
    },
  },
];

const MIDDLE: readonly Family[] = [
  {
    name: "aside_then_half",
    tier: "middle",
    phrasings: [
      "{name} sets {0} aside and keeps half of the rest.",
      "{0} {objects} are put away, and half of the others are kept.",
      "First {0} are removed, then half of what remains is kept.",
    ],
    unseenPhrasings: [
      "Without {0} of them, the remainder is cut in half.",
      "{name} ignores {0} {objects} and keeps every second one of the others.",
    ],
    drawOperands: (random, x) => {
      if (x < 16) return null;
      const n = 2 * randomInteger(random, 1, Math.min(12, Math.floor(x / 4)));
      return [x % 2 === 0 ? n : n + 1];
    },
    right: {
      comments: ["half of the rest", "take them off, then halve"],
      expression: "(x - {0}) // 2",
      value: (x, [n = 0]) => Math.floor((x - n) / 2),
    },
    misconceived: {
      comments: ["halve, then take them off", "half of all without them"],
      expression: "x // 2 - {0}",
      value: (x, [n = 0]) => Math.floor(x / 2) - n,
    },
  },
  {
    name: "fewer_together",
    tier: "middle",
    phrasings: [
      "A cousin has {0} fewer, and they put all {objects} together.",
      "The other room holds {0} fewer {objects}; both rooms are counted together.",
      "{name} adds the pile of a sister, who has {0} fewer.",
    ],
    unseenPhrasings: [
      "Next door there are {0} less, and the two lots are joined.",
      "A partner, {0} {objects} short of that, throws everything in.",
    ],
    drawOperands: (random, x) =>
      x < 8 || x > 800 ? null : [randomInteger(random, 2, Math.min(40, x - 4))],
    right: {
      comments: ["both of them together", "add the smaller pile"],
      expression: "x + x - {0}",
      value: (x, [n = 0]) => 2 * x - n,
    },
    misconceived: {
      comments: ["that many fewer", "take the difference off"],
      expression: "x - {0}",
      value: (x, [n = 0]) => x - n,
    },
  },
  {
    name: "times_again",
    tier: "middle",
    phrasings: [
      "{0} times as many again are bought.",
      "On top of these, {name} orders {0} times as many {objects}.",
      "A second truck adds {0} times as many as there are.",
    ],
    unseenPhrasings: [
      "Besides these, {0} times that amount is made.",
      "{name} keeps them and fetches {0} times the number.",
    ],
    drawOperands: (random, x) => x > 250 ? null : [randomInteger(random, 2, 4)],
    right: {
      comments: ["these and the new ones", "keep these and add"],
      expression: "x + x * {0}",
      value: (x, [n = 0]) => x + x * n,
    },
    misconceived: {
      comments: ["times that number", "that many times"],
      expression: "x * {0}",
      value: (x, [n = 0]) => x * n,
    },
  },
];

const LATE: readonly Family[] = [
  {
    name: "first_to_last_day",
    tier: "late",
    phrasings: [
      "From day {0} to day {1}, both included, {2} come in every day.",
      "{name} adds {2} on each day from day {0} to day {1}, both included.",
      "Each day from the morning of day {0} to the evening of day {1} brings {2} {objects}.",
    ],
    unseenPhrasings: [
      "{2} are made daily, the first time on day {0}, the last time on day {1}.",
      "Starting on day {0} and ending with day {1}, {2} {objects} a day are added.",
    ],
    drawOperands: (random) => {
      const first = randomInteger(random, 2, 9);
      return [first, first + randomInteger(random, 2, 9), randomInteger(random, 2, 9)];
    },
    right: {
      comments: ["count both end days", "all days with the last one"],
      expression: "x + ({1} - {0} + 1) * {2}",
      value: (x, [a = 0, b = 0, n = 0]) => x + (b - a + 1) * n,
    },
    misconceived: {
      comments: ["the days between", "last day minus first day"],
      expression: "x + ({1} - {0}) * {2}",
      value: (x, [a = 0, b = 0, n = 0]) => x + (b - a) * n,
    },
  },
  {
    name: "level_with",
    tier: "late",
    phrasings: [
      "They are levelled with a pile of {0}, so that both piles are equal, and one pile is kept.",
      "{name} evens them out with a stack of {0} and keeps one of the two.",
      "A pile of {0} and this one are made equal; {name} takes one of them.",
    ],
    unseenPhrasings: [
      "Balanced against {0} others, each side gets the same, and one side stays.",
      "{name} and a rival with {0} even out what they have.",
    ],
    drawOperands: (random, x) => {
      const n = 2 * randomInteger(random, 2, 20);
      return [x % 2 === 0 ? n : n + 1];
    },
    right: {
      comments: ["half of both piles", "the mean of the two"],
      expression: "(x + {0}) // 2",
      value: (x, [n = 0]) => Math.floor((x + n) / 2),
    },
    misconceived: {
      comments: ["half of the pile comes over", "add half of the pile"],
      expression: "x + {0} // 2",
      value: (x, [n = 0]) => x + Math.floor(n / 2),
    },
  },
  {
    name: "ratio_kept",
    tier: "late",
    phrasings: [
      "For every {0} that are kept, 1 is given away.",
      "{name} gives 1 away for every {0} that stay.",
      "Kept and given away {objects} are as {0} to 1; only the kept ones count.",
    ],
    unseenPhrasings: [
      "The ones that stay and the ones that go are in the ratio {0} to 1.",
      "1 goes whenever {0} remain.",
    ],
    drawOperands: (random, x) =>
      drawFitting(random, { from: [2, 3, 4], fits: (n) => x % (n + 1) === 0 && x >= 12 }),
    right: {
      comments: ["share of the kept ones", "that many of one more"],
      expression: "x * {0} // ({0} + 1)",
      value: (x, [n = 0]) => Math.floor(x * n / (n + 1)),
    },
    misconceived: {
      comments: ["one of so many goes", "take that part off"],
      expression: "x - x // {0}",
      value: (x, [n = 1]) => x - Math.floor(x / n),
    },
  },
];

/** Families with a misconception, easiest tier first. */
export const MISCONCEPTION_FAMILIES: readonly Family[] = [...BASIC, ...MIDDLE, ...LATE];
