import assert from "node:assert/strict";
import { figuresJson, figuresOf } from "../../../lib/cli/eval/figures.ts";
import { figuresCsv, figuresMarkdown } from "../../../lib/cli/eval/files.ts";
import {
  findSuites,
  loadSuite,
  loadSuites,
  shippedSuites,
} from "../../../lib/cli/eval/load_suites.ts";
import { headlineTable, overlapTable } from "../../../lib/cli/eval/table.ts";
import { warnings } from "../../../lib/cli/eval/warnings.ts";
import { type EvaluationResult, makeMode, summarise } from "../../../lib/evaluation/mod.ts";
import type { JudgedSample, SampleOutcome } from "../../../lib/store/mod.ts";
import { PROBLEMS } from "../../evaluation/_world.ts";

function entry(outcomes: readonly SampleOutcome[], label = "round 1") {
  const samples = outcomes.map((outcome, i): JudgedSample => ({
    problemId: `known/${i + 1}`,
    sample: 0,
    answer: outcome === "answered" ? "5" : null,
    outcome,
    score: null,
    promptTokens: 100,
    generatedTokens: 20,
    ppmTokens: 0,
    wallMs: 500,
    trace: {},
    verdicts: outcome === "infrastructure" ? [] : [{
      grader: "g",
      correct: outcome === "answered",
      stage: "exact",
      reason: "number",
      elapsedMs: 0,
      vote: null,
    }],
  }));
  const summary = summarise(samples, {
    mode: "greedy",
    problems: PROBLEMS,
    samples: 1,
    grader: "g",
    calibration: null,
  });
  const result: EvaluationResult = {
    evalId: 3,
    suite: "known",
    mode: "greedy",
    isContinued: false,
    isComplete: summary.counts.missing === 0,
    isLimited: true,
    grader: "g",
    calibration: null,
    summary,
  };
  return { models: { label, roundNo: 1 }, result };
}

Deno.test("an incomplete evaluation says so first, and a part of a suite is marked", () => {
  const figures = figuresOf(entry(["answered", "infrastructure", "truncated", "no_answer"]));
  const [row] = headlineTable([figures]).rows;
  assert.equal(row?.["suite"], "known (part)");
  assert.equal(row?.["n"], "INCOMPLETE 3/4");
  assert.deepEqual(warnings([figures]).map((text) => text.split(":")[0]), [
    "INCOMPLETE",
    "round 1, known, greedy",
    "round 1, known, greedy",
  ]);
  const json = figuresJson(figures);
  assert.equal(json.complete, false);
  assert.equal(json.value, 1 / 3);
  assert.equal(json.counts.infrastructure, 1);
  assert.equal(json.counts.missing, 1);
});

Deno.test("training problems among the measured ones are shown with the score without them", () => {
  const overlap = { measured: 4, training: 90, equal: ["known/1"], similar: ["known/2"] };
  const measured = entry(["answered", "answered", "answered", "no_answer"]);
  const without = measured.result.summary.headline;
  const figures = figuresOf(measured, { ...overlap, without });
  const [row] = overlapTable([figures]).rows;
  const { training, equal, similar, share, score } = row ?? {};
  assert.deepEqual({ training, equal, similar, share, score }, {
    training: 90,
    equal: 1,
    similar: 1,
    share: 0.5,
    score: 0.75,
  });
  assert.match(warnings([figures]).join(), /2 of the measured problems were searched for training/);
  const json = figuresJson(figures).training_overlap;
  assert.deepEqual([json?.training_problems, json?.equal, json?.without?.value], [
    90,
    ["known/1"],
    0.75,
  ]);
  // A base has no training problems, of a model from elsewhere nothing is known.
  const base = figuresOf(measured, {
    ...overlap,
    training: 0,
    equal: [],
    similar: [],
    without: null,
  });
  assert.deepEqual(overlapTable([base, figuresOf(measured)]).rows, []);
});

Deno.test("figures of nothing are null", () => {
  const json = figuresJson(figuresOf(entry([])));
  assert.deepEqual(
    [json.value, json.standard_error, json.interval, json.tokens_per_problem, json.truncated_rate],
    [null, null, null, null, null],
  );
});

Deno.test("files hold the same figures, and no name breaks out of a cell", () => {
  const hostile = '=cmd|"/c calc"!A1, "x"|y';
  const figures = figuresOf(entry(["answered", "answered", "answered", "no_answer"], hostile));
  const [head, line] = figuresCsv([figures]).split("\n");
  assert.match(head ?? "", /^eval_id,model,round,suite,mode,metric,level,value/);
  assert.match(line ?? "", /^3,"'=cmd\|""\/c calc""!A1, ""x""\|y",1,known,greedy,pass@1,,0\.75,/);
  const markdown = figuresMarkdown([figures], []);
  assert.match(
    markdown,
    /\| =cmd\\\|"\/c calc"\\!A1, "x"\\\|y \| known \(part\) \| greedy \| pass@1 \| 75\.0 % ± /,
  );
});

Deno.test("every suite that ships has the data that it names, and modes that can be made", async () => {
  const suites = await shippedSuites();
  assert.ok(suites.length >= 14);
  for (const file of suites) {
    assert.equal(file.path.split("/").at(-1), `${file.suite.name}.json`);
    for (const mode of ["greedy", "sample", "bon", "mcts", "beam"] as const) {
      makeMode(mode, file.suite);
    }
    assert.ok(file.suite.sha256 !== undefined && file.suite.count !== undefined);
    if (file.suite.name === "gaokaoen23" || file.suite.name === "collegemath_full") {
      assert.match(file.suite.source ?? "", /deno task data fetch (gaokao2023en|college_math)$/);
      continue;
    }
    const loaded = await loadSuite(file, { limit: 2 });
    assert.equal(loaded.problems.length, 2);
    assert.equal(loaded.total, file.suite.count);
  }
  assert.deepEqual(
    suites.filter(({ suite }) => suite.extraction.lastNumber).map(({ suite }) => suite.name),
    ["gsm8k"],
  );
});

Deno.test("loadSuites() takes names and groups, each suite once, and larger limits hold smaller ones", async () => {
  const names = (await findSuites(["quick", "aime24", "starter_test"]))
    .map(({ suite }) => suite.name);
  assert.deepEqual(names, ["aime24", "amc23", "math500", "starter_test"]);
  const ids = async (limit: number) =>
    (await loadSuites(["aime24"], { selectionOf: () => ({ limit }) })).suites[0]?.problems.map((
      { id },
    ) => id);
  assert.deepEqual((await ids(9))?.slice(0, 4), await ids(4));
});

Deno.test("loadSuites() leaves out what a group lacks with a notice, and refuses what was asked for by name", async () => {
  const { suites, notices } = await loadSuites(["paper"], { selectionOf: () => ({ limit: 1 }) });
  assert.ok(suites.length >= 6);
  const isThere = suites.some(({ suite }) => suite.name === "gaokaoen23");
  assert.equal(notices.some((text) => /Left out: .*gaokaoen23.*not shipped/.test(text)), !isThere);
  if (isThere) return;
  await assert.rejects(loadSuites(["gaokaoen23"], { selectionOf: () => ({}) }), {
    name: "DatasetError",
    message: /not shipped, because its origin \(QwenLM\/Qwen2\.5-Math\) states no licence/,
  });
});
