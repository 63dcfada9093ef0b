/** The scripted world of `fixtures/official_search`: what is drawn behind a text, and what a PPM says of it, are hashes of the text. */
import { createHash } from "node:crypto";
import { z } from "zod";
import type { NodeRecord, TreeRecord } from "../../lib/core/mod.ts";
import { scriptedPolicy, scriptedPpm } from "../../lib/endpoint/mod.ts";
import type { StubScript } from "../../lib/sandbox/mod.ts";
import { type PresetName, PRESETS, searchTree, solveTree } from "../../lib/search/mod.ts";
import { PROBLEM, solutionOf, toyDomain } from "./_doubles.ts";

/** Parameters of a scenario, and the official `N` and `Q` of every node by its text from the root. */
export const OfficialTree = z.strictObject({
  scenario: z.strictObject({
    id: z.string(),
    seed: z.int(),
    ppm: z.boolean(),
    /** Whether answers are judged; otherwise the PPM's score of them is their value. */
    sampling: z.boolean(),
    n: z.int(),
    rollouts: z.int(),
    /** Steps of the longest program. */
    depth: z.int(),
    max_depth: z.int(),
    /** Shares of right answers, of programs that end early, of steps that fail, of draws that repeat one, of answers without a box. */
    p: z.number(),
    pend: z.number(),
    perr: z.number(),
    pdup: z.number(),
    ptrunc: z.number(),
    /** Largest logit. */
    spread: z.number(),
    same_answers: z.boolean(),
    errors_threshold: z.int(),
  }),
  empty_rollouts: z.int(),
  nodes: z.array(z.tuple([z.string(), z.int(), z.number()])),
});
export type OfficialTree = z.infer<typeof OfficialTree>;
export type Scenario = OfficialTree["scenario"];

/** The preset that stands for a tier, which is the first letter of a scenario's name. */
export function presetOf({ id }: Scenario): PresetName {
  if (id.startsWith("T")) return "released/eval";
  return /^[EF]/.test(id) ? "released/bootstrap" : "released/sft";
}

/** Every tree of the fixture. */
export async function officialTrees(): Promise<readonly OfficialTree[]> {
  const file = new URL("../../fixtures/official_search/scenarios.jsonl.gz", import.meta.url);
  const { body } = await fetch(file);
  if (body === null) throw new Error("the fixture is empty");
  const text = await new Response(body.pipeThrough(new DecompressionStream("gzip"))).text();
  return text.trimEnd().split("\n").map((line) => OfficialTree.parse(JSON.parse(line)));
}

/** Our tree of a scenario. */
export async function growScenario(scenario: Scenario): Promise<TreeRecord> {
  const options = {
    spec: {
      ...PRESETS[presetOf(scenario)].spec,
      candidates: scenario.n,
      answerCandidates: scenario.n,
      rollouts: scenario.rollouts,
      maxDepth: scenario.max_depth,
      guidance: scenario.ppm ? "ppm" as const : "terminal" as const,
    },
    seed: 0,
    policy: scriptedPolicy((request) => completions(scenario, canon(solutionOf(request)))),
    ppm: scenario.ppm ? scriptedPpm((text) => logit(scenario, text)) : null,
    domain: toyDomain(FAILS),
    now: () => 0,
  };
  const problem = { ...PROBLEM, answer: "4" };
  return await (scenario.sampling ? searchTree(problem, options) : solveTree(problem, options));
}

/** `[path, N, Q]` of every node, by path, as the official code counts. */
export function officialNodes({ nodes }: TreeRecord): OfficialTree["nodes"] {
  const paths: string[] = [];
  return nodes.map((node): OfficialTree["nodes"][number] => {
    const path = canon((node.parentId === null ? "" : paths[node.parentId] ?? "") + node.text);
    paths.push(path);
    return [path, officialVisits(node), node.qValue ?? 0];
  });
}

/** A failure counts one visit, and so does the score of a node; an answer that gets one has it backed up as its value. */
function officialVisits({ kind, status, terminal, visits, ppmLogit }: NodeRecord): number {
  if (terminal && status !== "ok") return 1;
  return ppmLogit !== null && kind !== "answer" ? visits + 1 : visits;
}

const FAILS: StubScript = (path) =>
  path.at(-1)?.includes("FAIL")
    ? { status: "error", error: { type: "NameError", message: "FAIL", line: 1 } }
    : undefined;

/** A solution without the outputs that the harness wrote. */
function canon(solution: string): string {
  return solution.replace(/\n<output>.*?(?:<end_of_output>)+\n?/gs, "");
}

function completions(scenario: Scenario, solution: string): readonly string[] {
  const { n, pdup } = scenario;
  const drawn: string[] = [];
  for (let i = 0; i < n; i++) {
    const hash = (tag: string) => share(scenario.seed, solution, `${i}${tag}`);
    const isRepeat = i > 0 && pdup > 0 && hash("dup") < pdup;
    drawn.push(
      isRepeat
        ? drawn[Math.floor(hash("which") * i)] ?? ""
        : segment({ scenario, solution, i, hash }),
    );
  }
  return drawn;
}

function segment({ scenario, solution, i, hash }: {
  readonly scenario: Scenario;
  readonly solution: string;
  readonly i: number;
  readonly hash: (tag: string) => number;
}): string {
  const depth = solution.split(/<end_of_step>|<end_of_code>/).length - 1;
  if (solution.endsWith("<end_of_code>")) {
    if (hash("trunc") < scenario.ptrunc) return `<answer>no box ${i}\n<end_of_answer>`;
    const value = hash("ok") < scenario.p ? 4 : 5;
    const mark = scenario.same_answers ? "" : i;
    return `<answer>${mark} The answer is \\boxed{${value}}.\n<end_of_answer>`;
  }
  const isEnd = depth >= scenario.depth - 1 || hash("end") < scenario.pend;
  const value = hash("err") < scenario.perr ? "FAIL" : "1";
  const name = digest(`${scenario.seed}|${solution}|${i}`).slice(0, 6);
  const opening = depth === 0 ? "\n<code>\n" : "\n\n";
  return `${opening}v_${name} = ${value}\n${isEnd ? "<end_of_code>" : "<end_of_step>"}`;
}

function logit({ seed, spread }: Scenario, text: string): number {
  const solution = text.slice(text.indexOf("\n<code>"));
  return (share(seed, canon(solution), "ppm") * 2 - 1) * spread;
}

/** A number of [0, 1) that follows from the arguments. */
function share(seed: number, text: string, tag: string): number {
  return Number.parseInt(digest(`${seed}|${text}|${tag}`).slice(0, 8), 16) / 2 ** 32;
}

function digest(text: string): string {
  return createHash("sha256").update(text).digest("hex");
}
