import assert from "node:assert/strict";
import type { StepCheck, StepChecker } from "../../lib/domain/mod.ts";
import { cleanPath, PathChecker } from "../../lib/search/_code_path.ts";
import { SearchCache } from "../../lib/search/mod.ts";

/** A checker whose steps pass, but for the runs that are told to fail, by code; `ran` tells in which order they ran. */
function checkerOf(failing: Readonly<Record<string, number>>) {
  const left = new Map(Object.entries(failing));
  const ran: string[] = [];
  const checker: StepChecker = {
    check: ({ code }): Promise<StepCheck> => {
      ran.push(code);
      const failures = left.get(code) ?? 0;
      left.set(code, failures - 1);
      const passes = failures <= 0;
      return Promise.resolve({
        result: passes ? "pass" : "fail",
        state: passes ? { stateId: ran.length } : null,
        evidence: null,
        isIncomplete: false,
        output: "",
      });
    },
    release: () => {},
    [Symbol.asyncDispose]: () => Promise.resolve(),
  };
  return { checker, ran };
}

/** Checks steps one after the other in a tree of its own, and gives what came of the last one. */
async function grow(
  codes: readonly string[],
  { cache, failing = {} }: {
    readonly cache: SearchCache;
    readonly failing?: Readonly<Record<string, number>>;
  },
) {
  const { checker, ran } = checkerOf(failing);
  const paths = new PathChecker(checker, { cache, signal: new AbortController().signal });
  let path = cleanPath();
  let result = "";
  let isFromCache = false;
  for (const code of codes) {
    const found = await paths.check(path, { code, keep: true });
    ({ path, isFromCache } = found);
    result = found.check.result;
  }
  paths.publish();
  return { result, isFromCache, ran };
}

Deno.test("PathChecker rebuilds a state once more that it does not come to at first", async () => {
  const cache = new SearchCache();
  assert.equal((await grow(["a"], { cache })).result, "pass");
  const { result, ran } = await grow(["a", "b"], { cache, failing: { a: 1 } });
  assert.deepEqual([result, ran], ["pass", ["a", "a", "b"]]);
});

Deno.test("PathChecker tells no other tree of a state that could not be rebuilt", async () => {
  const cache = new SearchCache();
  await grow(["a"], { cache });
  const { result, ran } = await grow(["a", "b"], { cache, failing: { a: 2 } });
  assert.deepEqual([result, ran], ["fail", ["a", "a"]]);
  const other = await grow(["a", "b"], { cache });
  assert.deepEqual([other.result, other.isFromCache, other.ran], ["pass", false, ["a", "b"]]);
});

Deno.test("PathChecker tells other trees of a step that fails by itself", async () => {
  const cache = new SearchCache();
  await grow(["a", "b"], { cache, failing: { b: 1 } });
  const { result, isFromCache, ran } = await grow(["a", "b"], { cache });
  assert.deepEqual([result, isFromCache, ran], ["fail", true, []]);
});

Deno.test("PathChecker starts a step from a state that is given up while it is rebuilt", async () => {
  const cache = new SearchCache();
  await grow(["a"], { cache });
  const live = new Set<number>();
  const starts: boolean[] = [];
  const { checker } = checkerOf({});
  const watched: StepChecker = {
    ...checker,
    check: async (request) => {
      if (request.parent !== null) starts.push(live.has(request.parent.stateId));
      const check = await checker.check(request);
      if (check.state !== null) live.add(check.state.stateId);
      return check;
    },
    release: ({ stateId }) => live.delete(stateId),
  };
  const paths = new PathChecker(watched, { cache, signal: new AbortController().signal });
  const { path } = await paths.check(cleanPath(), { code: "a", keep: true });
  const child = paths.check(path, { code: "b", keep: false });
  paths.release(path);
  assert.equal((await child).check.result, "pass");
  assert.deepEqual(starts, [true]);
});
