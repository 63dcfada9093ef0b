import assert from "node:assert/strict";
import { growRound } from "../../../lib/cli/synth/grow.ts";
import { requireRead } from "../../../lib/cli/unread.ts";
import {
  InfrastructureError,
  type RunEvent,
  silentReporter,
  UnreadableModelError,
} from "../../../lib/core/mod.ts";
import { type SampleRequest, scriptedPolicy } from "../../../lib/endpoint/mod.ts";
import { exactGrader } from "../../../lib/grading/mod.ts";
import { adder, openRound, parts, sums } from "./_rooms.ts";

Deno.test("growRound() stores what is missing, and has nothing to do the second time", async () => {
  const { store, request } = await openRound({ problems: sums(6), seeds: [0, 1] });
  const first = await growRound(request, parts(store));
  assert.deepEqual([first.wanted, first.stored, first.undone, first.stoppedBy], [12, 12, 0, null]);
  assert.equal((await store.summary(request.runNo)).solved, 6);
  assert.ok(first.generatedTokens > 0);
  const second = await growRound(request, parts(store));
  assert.deepEqual([second.wanted, second.stored], [0, 0]);
});

Deno.test("growRound() says once that a policy without log-probabilities draws samples, and grows the trees", async () => {
  const { store, request } = await openRound({ problems: sums(3) });
  const warned: string[] = [];
  const reporter = { ...silentReporter(), warn: (line: string) => void warned.push(line) };
  const spec = { ...request.spec, expansion: "fork" as const };
  const outcome = await growRound({ ...request, spec }, parts(store, { reporter }));
  assert.equal(outcome.stored, 3);
  assert.deepEqual(warned.filter((line) => line.includes("draws samples instead")).length, 1);
});

Deno.test("growRound() parks a problem that breaks the domain's code, with its reason, and goes on", async () => {
  const { store, request } = await openRound({ problems: sums(4) });
  const grader = exactGrader();
  const events: RunEvent[] = [];
  const outcome = await growRound(
    request,
    parts(store, {
      reporter: { ...silentReporter(), event: (event) => events.push(event) },
      grader: {
        ...grader,
        grade: (reference, answer) => {
          if (reference.answer === "5") throw new TypeError("x is undefined");
          return grader.grade(reference, answer);
        },
      },
    }),
  );
  assert.deepEqual([outcome.stored, outcome.parked, outcome.undone], [3, 1, 1]);
  assert.match(outcome.failures.join(), /problem "sums\/1", seed 0: TypeError: x is undefined/);
  assert.deepEqual(events.map(({ type }) => type).toSorted(), [
    "parked",
    "round",
    "tree",
    "tree",
    "tree",
  ]);
  assert.equal((await store.summary(request.runNo)).failedAttempts, 1);
});

Deno.test("growRound() parks a tree that never ends, and goes on", async () => {
  const { store, request } = await openRound({ problems: sums(3) });
  const doubles = parts(store);
  const { policy } = doubles.models;
  const models = {
    ...doubles.models,
    policy: {
      ...policy,
      sample: (...[asked, options]: Parameters<typeof policy.sample>) =>
        String(asked.prompt).includes("3 + 2")
          ? new Promise<never>(() => {})
          : policy.sample(asked, options),
    },
  };
  const outcome = await growRound(request, { ...doubles, models, stallSeconds: 3 });
  assert.deepEqual([outcome.stored, outcome.parked], [2, 1]);
  assert.match(outcome.failures.join(), /no rollout ended within 3 s/);
});

Deno.test("growRound() gives a tree up after five failures", async () => {
  const { store, request } = await openRound({ problems: sums(2) });
  const broken = parts(store);
  const fails = () => Promise.reject(new InfrastructureError("endpoint", "gone"));
  const models = { ...broken.models, policy: { ...broken.models.policy, sample: fails } };
  for (let attempt = 1; attempt <= 5; attempt++) {
    const { parked, givenUp } = await growRound(request, { ...broken, models });
    assert.deepEqual([parked, givenUp], [2, attempt === 5 ? 2 : 0]);
  }
  const last = await growRound(request, { ...broken, models });
  assert.deepEqual([last.wanted, last.parked, last.givenUp, last.undone], [2, 0, 2, 2]);
});

Deno.test("growRound() ends when tree after tree fails, instead of failing them all", async () => {
  const { store, request } = await openRound({ problems: sums(500) });
  const broken = parts(store);
  const fails = () => Promise.reject(new InfrastructureError("endpoint", "gone"));
  const models = { ...broken.models, policy: { ...broken.models.policy, sample: fails } };
  await assert.rejects(() => growRound(request, { ...broken, models }), {
    message: /50 trees in a row could not be finished, the last one because: gone/,
  });
  const { failedAttempts } = await store.summary(request.runNo);
  assert.ok(failedAttempts >= 50 && failedAttempts < 100, String(failedAttempts));
});

Deno.test("growRound() begins no tree beyond the budget of the run, and says what is left", async () => {
  const { store, request } = await openRound({ problems: sums(100) });
  const budget = { run: { tokens: 400 }, problem: {} };
  const { stored, undone, stoppedBy, generatedTokens } = await growRound(
    request,
    parts(store, { budget }),
  );
  assert.ok(stored > 0 && stored < 100);
  assert.equal(stored + undone, 100);
  assert.ok(generatedTokens >= 400);
  assert.equal(stoppedBy, "the budget of 400 tokens");
});

Deno.test("growRound() begins no further tree of a problem whose trees used up its budget", async () => {
  const { store, request } = await openRound({
    problems: sums(20),
    seeds: [0, 1, 2, 3, 4, 5, 6, 7],
  });
  const budget = { run: {}, problem: { tokens: 1 } };
  const { stored, undone, stoppedBy } = await growRound(request, parts(store, { budget }));
  assert.ok(stored >= 20, "every problem gets its first tree");
  assert.ok(undone > 0);
  assert.equal(stored + undone, 160);
  assert.equal(stoppedBy, "the budget of 1 tokens per problem");
});

Deno.test("growRound() ends when what serves the models dies", async () => {
  const { store, request } = await openRound({ problems: sums(2) });
  const doubles = parts(store);
  const death = Promise.withResolvers<InfrastructureError>();
  const sample = () => {
    death.resolve(new InfrastructureError("engine", "The engine ended"));
    return new Promise<never>(() => {});
  };
  const models = {
    ...doubles.models,
    policy: { ...doubles.models.policy, sample },
    died: death.promise,
  };
  await assert.rejects(() => growRound(request, { ...doubles, models }), {
    message: "The engine ended",
  });
});

Deno.test("growRound() holds the search up while the store falls behind, instead of gathering trees", async () => {
  const { store, request } = await openRound({ problems: sums(40) });
  const doubles = parts(store);
  const { policy } = doubles.models;
  const asked = new Set<string>();
  const models = {
    ...doubles.models,
    policy: {
      ...policy,
      sample: (...[request, options]: Parameters<typeof policy.sample>) => {
        asked.add(/What is \d+/.exec(String(request.prompt))?.[0] ?? "");
        return policy.sample(request, options);
      },
    },
  };
  const unsaved = new Map<string, () => void>();
  let mostBegun = 0;
  const slow = {
    ...doubles,
    models,
    store: {
      ...store,
      writeTree: async (...[key, tree]: Parameters<typeof store.writeTree>) => {
        const { promise, resolve } = Promise.withResolvers<void>();
        unsaved.set(tree.problemId, resolve);
        mostBegun = Math.max(mostBegun, asked.size - stored);
        // The disk comes round to one tree only when nothing else moves any more.
        setTimeout(() => [...unsaved.values()][0]?.(), 5);
        await promise;
        unsaved.delete(tree.problemId);
        stored++;
        return await store.writeTree(key, tree);
      },
    },
  };
  let stored = 0;
  const outcome = await growRound(request, slow);
  assert.equal(outcome.stored, 40);
  assert.ok(mostBegun <= 4, `${mostBegun} trees were begun and not stored`);
});

Deno.test("growRound() says when most candidates cannot be read, and nothing of a model that fits", async () => {
  for (const [policy, expected] of [[scriptedPolicy(prose), 1], [adder(), 0]] as const) {
    const { store, request } = await openRound({ problems: sums(2) });
    const lines: string[] = [];
    const doubles = parts(store, {
      reporter: { ...silentReporter(), warn: (line) => lines.push(line) },
    });
    await growRound(request, { ...doubles, models: { ...doubles.models, policy } });
    assert.equal(lines.length, expected);
    const summary = await store.summary(request.runNo);
    if (expected === 0) requireRead(summary);
    else assert.throws(() => requireRead(summary), UnreadableModelError);
  }
});

function prose({ n }: SampleRequest): readonly string[] {
  return Array.from({ length: n }, (_, i) => `I think that it is ${i}.`);
}
