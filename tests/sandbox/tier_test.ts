import assert from "node:assert/strict";
import type { LaunchPlan, TierPlan } from "../../lib/sandbox/messages.ts";
import {
  checkHost,
  checkUnsafe,
  chosenTier,
  notConfined,
  UNSAFE_PHRASE,
} from "../../lib/sandbox/tier.ts";

const REFUSED: TierPlan = {
  tier: "A",
  works: false,
  description: "namespaces, seccomp and Landlock",
  command: null,
  checks: [],
  cause: "bwrap-missing",
  message: "bubblewrap is not installed",
  cure: "install the package bubblewrap",
};

const WORKS: TierPlan = {
  tier: "B",
  works: true,
  description: "seccomp and Landlock",
  command: ["python"],
  checks: [],
  cause: null,
  message: null,
  cure: null,
};

function plan(chosen: LaunchPlan["chosen"], tiers: TierPlan[]): LaunchPlan {
  const python = { version: "3.11.7", executable: "/python", machine: "x86_64", kernel: "6.1.0" };
  return { protocol: 1, python, packages: {}, chosen, environment: {}, tiers };
}

Deno.test("chosenTier() takes the one that the launcher chose", () => {
  assert.equal(chosenTier(plan("B", [REFUSED, WORKS])), WORKS);
});

Deno.test("chosenTier() names cause and cure of each tier when none works", () => {
  assert.throws(() => chosenTier(plan(null, [REFUSED, { ...REFUSED, tier: "C" }])), {
    name: "SandboxUnavailableError",
    message: "Cannot confine model-written code on this machine: " +
      "Tier A does not work here: bubblewrap is not installed (bwrap-missing); install the package bubblewrap. " +
      "Tier C does not work here: bubblewrap is not installed (bwrap-missing); install the package bubblewrap",
  });
});

Deno.test("checkHost() refuses every system but Linux and says what to do", () => {
  checkHost("linux");
  assert.throws(() => checkHost("darwin"), {
    name: "SandboxUnavailableError",
    message: /^Cannot confine model-written code on "darwin": .*Linux container or virtual machine/,
  });
});

Deno.test("checkUnsafe() grants the exact phrase only, and never to root or in continuous integration", () => {
  const wish = { phrase: UNSAFE_PHRASE, isRoot: false, isContinuousIntegration: false };
  checkUnsafe(wish);
  const refusals: [Partial<typeof wish>, string][] = [
    [{ phrase: "yes" }, `expected --unsafe-no-sandbox=${UNSAFE_PHRASE}, got "yes"`],
    [{ isRoot: true }, "this process runs as root; run it as an ordinary user"],
    [
      { isContinuousIntegration: true },
      "this is a continuous-integration job; use a runner on which tier A or B works",
    ],
  ];
  for (const [change, reason] of refusals) {
    assert.throws(() => checkUnsafe({ ...wish, ...change }), {
      name: "UsageError",
      message: `Cannot run model-written code without confinement: ${reason}`,
    });
  }
});

Deno.test("notConfined() says of every tier what it leaves open, the weaker one more", () => {
  const common = notConfined("A");
  assert(common.some((line) => line.includes("kernel")));
  for (const tier of ["B", "C"] as const) {
    assert.deepEqual(notConfined(tier).slice(-common.length), common);
    assert(notConfined(tier).length > common.length);
  }
  assert.deepEqual(notConfined("none").map((line) => line.slice(0, 7)), ["WARNING"]);
});
