import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { z } from "zod";
import { withFolder } from "../../with_folder.ts";
import { additionEndpoint, additionProblems } from "../_addition_world.ts";

/** Folder of the project. */
export const ROOT = fileURLToPath(new URL("../../../", import.meta.url));

const TASKS = z.object({ tasks: z.record(z.string(), z.object({ command: z.string() })) })
  .parse(JSON.parse(await Deno.readTextFile(join(ROOT, "deno.json")))).tasks;

/** How a task is started. */
export interface TaskOptions {
  /** Variables besides those of this process, which they replace. @default {} */
  readonly env?: Readonly<Record<string, string>>;
  /** Folder of the project in which it runs. @default this one */
  readonly project?: string;
  /** Program and arguments in front of Deno's own. @default [] */
  readonly under?: readonly string[];
}

/** Exit code and output of a task. */
export interface TaskResult {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Starts a command as its task does: through the launcher, with exactly what it grants. */
export function startTask(args: readonly string[], options: TaskOptions = {}): Deno.ChildProcess {
  const [name = "", ...rest] = args;
  const command = TASKS[name]?.command;
  if (command === undefined) throw new RangeError(`Cannot start task "${name}": there is none`);
  const [program = "", ...words] = [
    ...options.under ?? [],
    Deno.execPath(),
    ...command.split(" ").slice(1),
    ...rest,
  ];
  return new Deno.Command(program, {
    args: words,
    cwd: options.project ?? ROOT,
    env: { ...options.env },
    stdin: "null",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
}

/** Runs a command as its task does, to its end. */
export async function runTask(
  args: readonly string[],
  options: TaskOptions = {},
): Promise<TaskResult> {
  const { code, stdout, stderr } = await startTask(args, options).output();
  const text = new TextDecoder();
  return { code, stdout: text.decode(stdout), stderr: text.decode(stderr) };
}

/** A search of additions that is ready to be started, in a folder of its own. */
export interface AdditionWorld {
  readonly folder: string;
  /** Arguments of the search. */
  readonly synth: readonly string[];
  /** Settles when the policy was asked so often. */
  readonly reached: (count: number) => Promise<void>;
}

/** Lends a search of additions. */
export function withAdditions(
  count: number,
  body: (world: AdditionWorld) => Promise<void>,
): Promise<void> {
  return withFolder(async (folder) => {
    await using endpoint = additionEndpoint();
    const problems = join(folder, "sums.jsonl");
    await Deno.writeTextFile(problems, additionProblems(count));
    const reached = (wanted: number) =>
      new Promise<void>((resolve) => {
        endpoint.onRequest = (seen) => {
          if (seen === wanted) resolve();
        };
      });
    const synth = [
      ...["synth", "--problems", problems, "--policy", endpoint.url, "--preset", "default"],
      ...["--db", join(folder, "a.duckdb"), "--workers", "1"],
    ];
    await body({ folder, synth, reached });
  });
}
