/** Tests that every store must pass with evaluations. Part of `store.ts`. */
import assert from "node:assert/strict";
import type {
  EvaluationRequest,
  EvaluationSample,
  SampleVerdict,
  Store,
} from "../../lib/store/mod.ts";
import { testProblem, testRun } from "./_store_values.ts";

/** A request to open an evaluation of no run. */
export function testEvaluation(changes: Partial<EvaluationRequest> = {}): EvaluationRequest {
  return {
    suite: "starter",
    mode: "greedy",
    runNo: null,
    roundNo: null,
    policy: null,
    ppm: null,
    spec: { model: "m", temperature: 0 },
    provenance: { data: "abc" },
    open: "continue",
    ...changes,
  };
}

/** Sample 0 of a problem, answered. */
export function testSample(
  number: number,
  changes: Partial<EvaluationSample> = {},
): EvaluationSample {
  return {
    problemId: `test/${number}`,
    sample: 0,
    answer: String(number + 1),
    outcome: "answered",
    score: 0.1 + 0.2,
    promptTokens: 30,
    generatedTokens: 40,
    ppmTokens: 5,
    wallMs: 12.5,
    trace: { text: `"${number}" \u0000 \u{1f600}`, steps: [1, null, true] },
    ...changes,
  };
}

/** A grader's yes on sample 0 of a problem. */
export function testVerdict(number: number, changes: Partial<SampleVerdict> = {}): SampleVerdict {
  return {
    problemId: `test/${number}`,
    sample: 0,
    grader: "rstar-1",
    correct: true,
    stage: "exact",
    reason: "equal",
    elapsedMs: 0.25,
    vote: null,
    ...changes,
  };
}

/** The part of a verdict that a judged sample holds. */
function said({ problemId: _problem, sample: _sample, ...verdict }: SampleVerdict) {
  return verdict;
}

/** Runs the suite over one implementation. `make` gives an empty store. */
export function testEvaluations(name: string, make: () => Promise<Store>): void {
  Deno.test(`${name}: openEvaluation() goes on with the newest of the same settings`, async () => {
    await using store = await make();
    const { runNo } = await store.openRun(testRun());
    assert.deepEqual(await store.openEvaluation(testEvaluation()), {
      evalId: 1,
      isContinued: false,
    });
    const same = testEvaluation({ spec: { temperature: 0, model: "m" }, provenance: "other" });
    assert.deepEqual(await store.openEvaluation(same), { evalId: 1, isContinued: true });
    const others: readonly Partial<EvaluationRequest>[] = [
      { suite: "gsm8k" },
      { mode: "sample" },
      { spec: { model: "n" } },
      { runNo },
      { runNo, roundNo: 2 },
      { open: "new" },
    ];
    for (const [i, changes] of others.entries()) {
      const opened = await store.openEvaluation(testEvaluation(changes));
      assert.deepEqual(opened, { evalId: i + 2, isContinued: false }, JSON.stringify(changes));
    }
    const newest = await store.openEvaluation(testEvaluation({ open: "resume" }));
    assert.deepEqual(newest, { evalId: 7, isContinued: true });
  });

  Deno.test(`${name}: openEvaluation() refuses to resume what is not there`, async () => {
    await using store = await make();
    await assert.rejects(
      () => store.openEvaluation(testEvaluation({ open: "resume", runNo: 3, roundNo: 1 })),
      {
        name: "UsageError",
        message:
          'Cannot resume the evaluation of suite "starter", mode "greedy" of run 3, round 1: ' +
          "there is none with these settings; leave --resume out to start one",
      },
    );
  });

  Deno.test(`${name}: evaluations() gives back what was asked for, and filters`, async () => {
    await using store = await make();
    const { runNo } = await store.openRun(testRun());
    const artifact = {
      kind: "checkpoint",
      runNo,
      roundNo: 1,
      role: "policy",
      location: "a",
      sha256: null,
      rows: null,
      meta: null,
      parents: [],
    } as const;
    const policy = await store.addArtifact(artifact);
    const ppm = await store.addArtifact({ ...artifact, role: "ppm" });
    const { open: _open, ...request } = testEvaluation({ runNo, roundNo: 1, policy, ppm });
    await store.openEvaluation({ ...request, open: "continue" });
    await store.openEvaluation(testEvaluation({ suite: "gsm8k" }));
    await store.setEvaluationState(1, "complete");
    const [first, second] = await store.evaluations();
    assert.ok(first !== undefined && second !== undefined);
    const { startedAt, specHash, ...rest } = first;
    assert.deepEqual(rest, { ...request, evalId: 1, state: "complete" });
    assert.equal(specHash.length, 64);
    assert.ok(Math.abs(startedAt.getTime() - Date.now()) < 3_600_000);
    assert.deepEqual([second.evalId, second.state, second.runNo], [2, "running", null]);
    const ids = async (filter: Parameters<Store["evaluations"]>[0]) =>
      (await store.evaluations(filter)).map(({ evalId }) => evalId);
    assert.deepEqual(await ids({ runNo }), [1]);
    assert.deepEqual(await ids({ runNo, roundNo: 2 }), []);
    assert.deepEqual(await ids({ suite: "gsm8k" }), [2]);
    await store.openEvaluation({ ...request, open: "continue" });
    assert.equal((await store.evaluations({ runNo }))[0]?.state, "running");
  });

  Deno.test(`${name}: samples() gives back what was written, with all verdicts`, async () => {
    await using store = await make();
    await store.putProblems([testProblem(1), testProblem(2)]);
    const { evalId } = await store.openEvaluation(testEvaluation());
    const bare = testSample(1, {
      answer: null,
      outcome: "no_answer",
      score: null,
      sample: 1,
      trace: null,
    });
    await store.writeSamples(evalId, [testSample(2), bare], [testVerdict(2)]);
    await store.writeSamples(evalId, [testSample(1)], []);
    const other = testVerdict(2, {
      grader: "strings",
      correct: false,
      reason: "different",
      vote: 0,
    });
    await store.writeVerdicts(evalId, [other]);
    assert.deepEqual(await store.samples(evalId), [
      { ...testSample(1), verdicts: [] },
      { ...bare, verdicts: [] },
      { ...testSample(2), verdicts: [said(testVerdict(2)), said(other)] },
    ]);
    const again = testVerdict(2, { correct: false, stage: "symbolic", reason: "timeout" });
    await store.writeVerdicts(evalId, [again]);
    assert.deepEqual((await store.samples(evalId)).at(-1)?.verdicts, [said(other), said(again)]);
    const empty = await store.openEvaluation(testEvaluation({ mode: "sample" }));
    assert.deepEqual(await store.samples(empty.evalId), []);
  });

  Deno.test(`${name}: writeSamples() replaces what the machinery failed, and nothing else`, async () => {
    await using store = await make();
    await store.putProblems([testProblem(1), testProblem(2)]);
    const { evalId } = await store.openEvaluation(testEvaluation());
    const failed = testSample(1, { outcome: "infrastructure", answer: null });
    await store.writeSamples(evalId, [failed, testSample(2)], [
      testVerdict(1, { correct: false }),
      testVerdict(2),
    ]);
    assert.deepEqual(await store.finishedSamples(evalId), [{ problemId: "test/2", sample: 0 }]);
    const changed = testSample(2, { answer: "changed" });
    await store.writeSamples(evalId, [testSample(1), changed], [
      testVerdict(1),
      testVerdict(2, { correct: false }),
    ]);
    assert.deepEqual(await store.samples(evalId), [
      { ...testSample(1), verdicts: [said(testVerdict(1))] },
      { ...testSample(2), verdicts: [said(testVerdict(2))] },
    ]);
    assert.deepEqual(await store.finishedSamples(evalId), [
      { problemId: "test/1", sample: 0 },
      { problemId: "test/2", sample: 0 },
    ]);
  });

  Deno.test(`${name}: writeSamples() keeps all of a call or nothing`, async () => {
    await using store = await make();
    await store.putProblems([testProblem(1)]);
    const { evalId } = await store.openEvaluation(testEvaluation());
    const refused: readonly (readonly [
      readonly EvaluationSample[],
      readonly SampleVerdict[],
      string,
    ])[] = [
      [
        [testSample(1), testSample(9)],
        [],
        'Cannot use problem "test/9": it was not stored before its samples',
      ],
      [
        [testSample(1), testSample(1)],
        [],
        'Cannot store sample 0 of problem "test/1": it occurs twice in one call',
      ],
      [
        [testSample(1)],
        [testVerdict(1, { sample: 3 })],
        'Cannot store a verdict on sample 3 of problem "test/1": there is no such sample',
      ],
      [
        [testSample(1)],
        [testVerdict(1), testVerdict(1)],
        'Cannot store the verdict of grader "rstar-1" on sample 0 of problem "test/1": it occurs twice in one call',
      ],
    ];
    for (const [samples, verdicts, message] of refused) {
      await assert.rejects(() => store.writeSamples(evalId, samples, verdicts), {
        name: "UsageError",
        message,
      });
    }
    await assert.rejects(() => store.writeVerdicts(evalId, [testVerdict(1)]), {
      name: "UsageError",
      message: 'Cannot store a verdict on sample 0 of problem "test/1": there is no such sample',
    });
    assert.deepEqual(await store.samples(evalId), []);
    await store.writeSamples(evalId, [testSample(1)], []);
    assert.equal((await store.samples(evalId)).length, 1);
  });

  Deno.test(`${name}: a number that no evaluation has is refused`, async () => {
    await using store = await make();
    await store.putProblems([testProblem(1)]);
    for (
      const use of [
        () => store.samples(7),
        () => store.finishedSamples(7),
        () => store.writeSamples(7, [testSample(1)], []),
        () => store.writeVerdicts(7, []),
        () => store.setEvaluationState(7, "complete"),
      ]
    ) {
      await assert.rejects(use, {
        name: "StoreError",
        message: "Cannot use evaluation 7: expected one that was opened, got none",
      });
    }
  });
}
