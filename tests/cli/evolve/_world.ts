/**
 * A world in which whole runs of `evolve` take seconds: additions, models behind endpoints that get better from round to round, a
 * serving hook that prints where they are, and a trainer command that writes an empty checkpoint. Everything that happens passes
 * through one server, so that a test can end the process at any of it. Answers depend on round, prompt and place alone.
 */
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { hashSeed } from "../../../lib/core/mod.ts";
import { completionsReply } from "../../endpoint/_completions_reply.ts";

/** Something that a run of `evolve` did. */
export type WorldEvent = "serve" | "sample" | "score" | "train" | "trained";

/** The world of a test. */
export interface EvolveWorld extends AsyncDisposable {
  readonly folder: string;
  /** Told of every event, before it is answered. */
  onEvent: (event: WorldEvent) => void;
  /** Command line of a run; the database is `<name>.duckdb` in a folder of that name. */
  args(name: string, more?: readonly string[]): string[];
  database(name: string): string;
}

/** Options of {@linkcode openWorld}. */
export interface WorldOptions {
  /** Share of steps that are right in a round, in percent. @default 40, 60, 90 */
  readonly skill?: (round: number) => number;
  /** Decides what the trainer does in place of a checkpoint. @default a whole one */
  readonly trainer?: (
    round: number,
    kind: string,
  ) => "checkpoint" | "nothing" | "half" | "torn" | "fails";
}

const PROBLEMS = 24;

/** Opens a world in a folder of its own. */
export async function openWorld(options: WorldOptions = {}): Promise<EvolveWorld> {
  const { skill = (round) => [40, 60, 90][round] ?? 90, trainer = () => "checkpoint" } = options;
  const folder = await Deno.makeTempDir();
  const server = Deno.serve(
    { port: 0, hostname: "127.0.0.1", onListen: () => {} },
    async (request) => {
      const [, round = "", route = ""] = /^\/r(\d+)\/(.*)$/.exec(new URL(request.url).pathname) ??
        [];
      return await answer(route, request, Number(round));
    },
  );
  const base = `http://127.0.0.1:${server.addr.port}`;
  const answer = async (route: string, request: Request, round: number): Promise<Response> => {
    if (route === "v1/models") return Response.json({ data: [{ id: "adder" }] });
    if (route === "v1/completions") {
      const body = await request.json();
      if (body.max_tokens > 4) world.onEvent("sample");
      return Response.json(completions(body, skill(round)));
    }
    if (route === "pooling") {
      const { input } = await request.json();
      world.onEvent("score");
      return Response.json(scores(input));
    }
    if (route === "serve" || route === "trained") {
      world.onEvent(route);
      return new Response("");
    }
    if (route.startsWith("train/")) {
      world.onEvent("train");
      return new Response(trainer(round, route.slice(6)));
    }
    return new Response("no such route", { status: 404 });
  };
  const config = join(folder, "world.json");
  const world: EvolveWorld = {
    folder,
    onEvent: () => {},
    database: (name) => join(folder, name, `${name}.duckdb`),
    args: (name, more = []) => [
      "evolve",
      ...["--config", config, "--db", world.database(name), "--json", ...more],
    ],
    [Symbol.asyncDispose]: async () => {
      await server.shutdown();
      await Deno.remove(folder, { recursive: true });
    },
  };
  await Deno.writeTextFile(config, JSON.stringify(settings(folder, base)));
  await Deno.writeTextFile(join(folder, "train.jsonl"), additions(PROBLEMS, 0));
  await Deno.writeTextFile(join(folder, "validation.jsonl"), additions(8, 100));
  await Deno.writeTextFile(
    join(folder, "sums.json"),
    JSON.stringify({
      name: "sums",
      description: "Additions",
      problems: "validation.jsonl",
      preset: "starter/test",
    }),
  );
  const model = join(folder, "base");
  await Deno.mkdir(model);
  await Deno.writeTextFile(join(model, "config.json"), "{}");
  await Deno.writeTextFile(join(model, "model.safetensors"), "base");
  return world;
}

function settings(folder: string, base: string) {
  const helper = fileURLToPath(new URL("./_helper.ts", import.meta.url));
  const run = [Deno.execPath(), "run", "--quiet", "-A", "--no-check", helper];
  return {
    problems: join(folder, "train.jsonl"),
    problemsPerRound: 8,
    selection: "fresh",
    rounds: 2,
    ppmFrom: 2,
    base: join(folder, "base"),
    hooks: { serve: [...run, "serve", base, "{round}", "{policy}", "{ppm}"] },
    trainer: { command: [...run, "train", base, "{kind}", "{data}", "{output}", "{request}"] },
    suites: [join(folder, "sums.json")],
    evalProblems: 8,
    evalSearch: 4,
    workers: 2,
  };
}

function additions(count: number, first: number): string {
  return Array.from({ length: count }, (_, index) => {
    const [a, b] = [first + index + 2, 3 * index + 1];
    return JSON.stringify({
      id: first + index,
      question: `What is ${a} + ${b}?`,
      answer: a + b,
      level: index % 2 + 1,
    });
  }).join("\n");
}

interface CompletionRequest {
  readonly prompt: string;
  readonly n: number;
  readonly temperature: number;
  readonly stop: readonly string[];
}

function completions({ prompt, n, temperature, stop }: CompletionRequest, skill: number) {
  const texts = Array.from({ length: n }, (_, index) => {
    const sample = temperature === 0 ? 0 : index;
    const segment = nextSegment(prompt, sample, skill);
    // Where nobody stops at a step, the whole program comes at once.
    const isWhole = stop.includes("<end_of_step>") || !segment.endsWith("<end_of_step>");
    return isWhole ? segment : segment + nextSegment(prompt + segment, sample, skill);
  });
  return completionsReply(texts);
}

function nextSegment(prompt: string, sample: number, skill: number): string {
  const output = /<output>(.*)<end_of_output>\n$/.exec(prompt)?.[1];
  if (output !== undefined) return `<answer>The answer is \\boxed{${output}}.\n<end_of_answer>`;
  if (prompt.includes("<end_of_step>")) {
    return "\n\n# Now print the final answer\nprint(total)\n<end_of_code>";
  }
  const [a, b] = [...prompt.matchAll(/\d+/g)].map(Number);
  const isRight = hashSeed(prompt, sample) % 100 < skill;
  const wrong = [`total = ${a} - ${b}`, `total = ${a} * ${b}`, `total = ${a} + ${b} + 1`];
  const step = isRight ? `total = ${a} + ${b}` : wrong[hashSeed(prompt, sample, 1) % wrong.length];
  return `<code>\n# Step 1: Add the two numbers.\n${step}\n<end_of_step>`;
}

/** A PPM that mostly knows a right step when it sees one. */
function scores(input: readonly string[]) {
  return {
    data: input.map((text, index) => ({
      index,
      data: [/total = \d+ \+ \d+\n/.test(text) ? 1 : -1],
    })),
    usage: { prompt_tokens: 20 * input.length },
  };
}
