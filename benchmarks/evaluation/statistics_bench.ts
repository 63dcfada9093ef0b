/**
 * Speed of the statistics of an evaluation of 5,000 problems × 64 samples, as Markdown on standard output.
 *
 *     deno run -A benchmarks/evaluation/statistics_bench.ts
 */
import { pick, seededRandom } from "../../lib/core/mod.ts";
import {
  averageMetric,
  bestOfMetric,
  bootstrapInterval,
  compareEvaluations,
  type GradedProblem,
  gradeProblems,
  majorityMetric,
  passMetric,
  type ProblemMetric,
  scoreOf,
  tokenCurve,
} from "../../lib/evaluation/mod.ts";
import type { JudgedSample } from "../../lib/store/mod.ts";

const PROBLEMS = 5000;
const SAMPLES = 64;
const random = seededRandom(1);

function makeSamples(lift: number): JudgedSample[] {
  const samples: JudgedSample[] = [];
  for (let problem = 0; problem < PROBLEMS; problem++) {
    const ease = Math.min(1, random() + lift);
    for (let sample = 0; sample < SAMPLES; sample++) {
      const correct = random() < ease;
      const wrong = pick(random, [
        "7",
        "\\frac{3}{8}",
        "x^2+1",
        "(1,2)",
        "2\\sqrt{3}",
        "41",
        "0.5",
      ]);
      samples.push({
        problemId: `p/${problem}`,
        sample,
        answer: correct ? "42" : wrong,
        outcome: "answered",
        score: random(),
        promptTokens: 200,
        generatedTokens: Math.floor(300 + 400 * random()),
        ppmTokens: 0,
        wallMs: 1,
        trace: null,
        verdicts: [{ grader: "g", correct, stage: "exact", reason: "", elapsedMs: 0, vote: null }],
      });
    }
  }
  return samples;
}

const rows: string[] = [];
function measured<T>(what: string, work: () => T): T {
  const started = performance.now();
  const result = work();
  rows.push(`| ${what} | ${(performance.now() - started).toFixed(0)} |`);
  return result;
}

function scores(problems: readonly GradedProblem[], metric: ProblemMetric): Float64Array {
  return Float64Array.from(problems, ({ samples }) => metric.score(samples));
}

const first = { label: "a", mode: "sample", samples: makeSamples(0.05) } as const;
const second = { label: "b", mode: "sample", samples: makeSamples(0) } as const;
const problems = measured("join with verdicts", () => gradeProblems(first.samples, "g"));
const average = measured("avg@64", () => scores(problems, averageMetric(SAMPLES)));
measured("pass@1, 2, 4 … 64", () => {
  for (let k = 1; k <= SAMPLES; k *= 2) scores(problems, passMetric(k));
});
measured("maj@1, 2, 4 … 64, exact", () => {
  for (let k = 1; k <= SAMPLES; k *= 2) scores(problems, majorityMetric(k));
});
measured("best-of-1, 2, 4 … 64, exact", () => {
  for (let k = 1; k <= SAMPLES; k *= 2) scores(problems, bestOfMetric(k));
});
measured("clustered standard error, Wilson interval", () => scoreOf(average));
measured("bootstrap interval, 10,000 draws", () => bootstrapInterval(average));
measured("comparison of two evaluations, 10,000 random signs", () => {
  compareEvaluations(first, second, { grader: "g" });
});
measured("accuracy against tokens, majority, 7 points, 1,000 draws", () => {
  tokenCurve({ label: "a", problems, rule: "maj", mode: "sample" }, { resamples: 1000 });
});

console.log("5,000 problems × 64 samples\n\n| what | ms |\n|---|---|\n" + rows.join("\n"));
