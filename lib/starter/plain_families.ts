/** Steps that carry no misconception. */
import { pick, randomInteger } from "../core/mod.ts";
import type { Family } from "./family.ts";

/** Families that the base model reads rightly. */
export const PLAIN_FAMILIES: readonly Family[] = [
  {
    name: "add",
    tier: "plain",
    phrasings: [
      "Then {name} buys {0} more {objects}.",
      "A friend brings {0} {objects}.",
      "{name} finds {0} more in a drawer.",
    ],
    unseenPhrasings: [
      "In the evening {0} {objects} come on top.",
      "{name} picks up {0} {objects}.",
    ],
    drawOperands: (random) => [randomInteger(random, 2, 60)],
    right: {
      comments: ["add the new ones", "more come in"],
      expression: "x + {0}",
      value: (x, [n = 0]) => x + n,
    },
    misconceived: null,
  },
  {
    name: "remove",
    tier: "plain",
    phrasings: [
      "{name} loses {0} of them on the way.",
      "Then {name} sells {0} {objects}.",
      "{0} {objects} are broken and thrown out.",
    ],
    unseenPhrasings: ["{0} {objects} get stolen.", "A dog runs off with {0} of them."],
    drawOperands: (random, x) => x < 6 ? null : [randomInteger(random, 2, Math.min(60, x - 3))],
    right: {
      comments: ["take off what is gone", "some are gone"],
      expression: "x - {0}",
      value: (x, [n = 0]) => x - n,
    },
    misconceived: null,
  },
  {
    name: "multiply",
    tier: "plain",
    phrasings: [
      "By spring there are {0} times as many {objects}.",
      "The number then becomes {0} times as large.",
      "A machine makes {0} {objects} out of each one.",
    ],
    unseenPhrasings: ["Each of them turns into {0}.", "The count is multiplied by {0}."],
    drawOperands: (random, x) => x > 250 ? null : [randomInteger(random, 2, 4)],
    right: {
      comments: ["multiply the number", "so many times as many"],
      expression: "x * {0}",
      value: (x, [n = 0]) => x * n,
    },
    misconceived: null,
  },
  {
    name: "share",
    tier: "plain",
    phrasings: [
      "The {objects} are put on {0} plates evenly, and {name} keeps one plate.",
      "{name} splits them evenly into {0} bags and keeps one bag.",
      "{0} people share the {objects} evenly; {name} is one of the {0} and goes on alone.",
    ],
    unseenPhrasings: [
      "They are dealt evenly to {0} drawers, and only one drawer is opened.",
      "{0} shelves get the same number each; {name} looks at one shelf.",
    ],
    drawOperands: (random, x) => {
      const fitting = [2, 3, 4, 5, 6].filter((n) => x % n === 0 && x / n >= 4);
      return fitting.length === 0 ? null : [pick(random, fitting)];
    },
    right: {
      comments: ["one equal share", "divide evenly"],
      expression: "x // {0}",
      value: (x, [n = 1]) => Math.floor(x / n),
    },
    misconceived: null,
  },
];
