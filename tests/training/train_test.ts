import assert from "node:assert/strict";
import { join } from "node:path";
import { SPECIAL_TOKENS } from "../../lib/core/mod.ts";
import { findExecutable, runProcess } from "../../lib/process/mod.ts";
import {
  learningSettings,
  train,
  TRAINER,
  trainerCommand,
  type TrainerEvent,
  type TrainOptions,
  trainSettings,
} from "../../lib/training/mod.ts";

const BASE = new URL("../../fixtures/starter/base", import.meta.url).pathname;
const PYTHON = await findExecutable("python3", Deno.env.get("PATH") ?? "") ?? "";

/** Runs a trainer that is a few lines of Python; `request` is the request as a dictionary. */
async function withScript(
  script: string,
  work: (
    run: (options?: Partial<TrainOptions>) => ReturnType<typeof train>,
    folder: string,
  ) => Promise<void>,
): Promise<void> {
  const folder = await Deno.makeTempDir();
  try {
    const path = join(folder, "trainer.py");
    await Deno.writeTextFile(
      path,
      "import json, os, pathlib, sys, time\nrequest = json.loads(pathlib.Path(sys.argv[1]).read_text())\n" +
        script,
    );
    const data = join(folder, "traces.jsonl");
    await Deno.writeTextFile(data, "{}\n");
    const run = (options: Partial<TrainOptions> = {}) =>
      train({
        kind: "sft",
        data,
        base: BASE,
        output: join(folder, "out", "policy"),
        seed: 3,
        settings: trainSettings("sft"),
      }, { interpreter: PYTHON, command: ["{python}", path, "{request}"], ...options });
    await work(run, folder);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

const CHECKPOINT = `
out = pathlib.Path(request["output"]); out.mkdir()
(out / "config.json").write_text("{}"); (out / "model.safetensors").write_bytes((2).to_bytes(8, "little") + b"{}")
`;

Deno.test("train() tells the trainer everything and hands its events on", async () => {
  const script = `
print("hello from a library")
print('{"event": "epoch_end"}')
print('{"event": "torn')
print(json.dumps({"event": "step", "step": 1, "steps": 2, "loss": 0.5, "tokensPerSecond": 10, "etaSeconds": 1}))
${CHECKPOINT}
(out / "request.json").write_text(json.dumps(request))
`;
  await withScript(script, async (run, folder) => {
    const events: TrainerEvent[] = [];
    const lines: string[] = [];
    const made = await run({
      onEvent: (event) => events.push(event),
      onLine: (line) => lines.push(line),
    });
    assert.deepEqual(made, { folder: join(folder, "out", "policy"), summary: null });
    assert.deepEqual(events.map(({ event }) => event), ["step"]);
    assert.deepEqual(lines, ["hello from a library", '{"event": "epoch_end"}', '{"event": "torn']);
    const request = JSON.parse(await Deno.readTextFile(join(made.folder, "request.json")));
    assert.deepEqual(request.specialTokens, [...SPECIAL_TOKENS]);
    assert.equal(request.settings.learningRate, 3e-4);
    assert.deepEqual(
      request.learning,
      JSON.parse(JSON.stringify(learningSettings(trainSettings("sft")))),
    );
    assert.deepEqual([request.seed, request.splitSeed], [3, 3]);
    assert.match(request.dataSha256, /^[0-9a-f]{64}$/);
    assert.equal(request.base, BASE);
    const left = [...Deno.readDirSync(join(folder, "out"))].map(({ name }) => name);
    assert.deepEqual(left, ["policy"], "the request is gone");
  });
});

Deno.test("train() reports a trainer that ends well without a checkpoint", async () => {
  await withScript("pass", async (run) => {
    await assert.rejects(run(), {
      name: "InfrastructureError",
      message: /ended without an error and left no checkpoint: .* got nothing/,
    });
  });
  const noWeights = [
    'output = pathlib.Path(request["output"])',
    "output.mkdir()",
    '[(output / name).touch() for name in ("config.json", "training_args.bin", "optimizer.bin")]',
  ].join("; ");
  await withScript(noWeights, async (run) => {
    await assert.rejects(run(), { name: "InfrastructureError", message: /left no checkpoint/ });
  });
});

Deno.test.each<[string, string, RegExp]>([
  [
    "cut short",
    'half = list(base.glob("*.safetensors"))[0].read_bytes()[:-1]',
    /has \d+ bytes where its header wants \d+/,
  ],
  [
    "cut within its header",
    'half = list(base.glob("*.safetensors"))[0].read_bytes()[:100]',
    /100 bytes without a whole header/,
  ],
  ["empty", 'half = b""', /is no safetensors file \(0 bytes/],
  [
    "not all there",
    'half = list(base.glob("*.safetensors"))[0].read_bytes(); (out / "model.safetensors.index.json").write_text(json.dumps({"weight_map": {"a": "model.safetensors", "b": "more.safetensors"}}))',
    /"more\.safetensors" in ".*" is missing/,
  ],
  ["no such file at all", 'half = b"<html>not found</html>"', /is no safetensors file/],
])(
  "train() reports weights that are %s, and takes the whole ones",
  async (_name, half, message) => {
    const copy = (line: string) => `
out = pathlib.Path(request["output"]); out.mkdir(); base = pathlib.Path(request["base"])
${line}
(out / "config.json").write_text("{}"); (out / "model.safetensors").write_bytes(half)
`;
    await withScript(copy(half), async (run) => {
      await assert.rejects(run(), { name: "InfrastructureError", message });
    });
    const whole = 'half = list(base.glob("*.safetensors"))[0].read_bytes()';
    await withScript(copy(whole), async (run) => {
      assert.equal((await run()).summary, null);
    });
  },
);

Deno.test("train() tells failures that a user can mend from those of the machine", async () => {
  const failing = (kind: string) =>
    `print(json.dumps({"event": "failed", "kind": "${kind}", "message": "why, and the cure"})); sys.exit(3)`;
  for (
    const [kind, name] of [
      ["data", "UsageError"],
      ["model", "UsageError"],
      ["settings", "UsageError"],
      ["memory", "InfrastructureError"],
      ["disk", "InfrastructureError"],
      ["diverged", "InfrastructureError"],
    ] as const
  ) {
    await withScript(failing(kind), async (run) => {
      await assert.rejects(run(), { name, message: "why, and the cure" });
    });
  }
});

Deno.test("train() says how a trainer died", async () => {
  await withScript('sys.exit("ValueError: no such thing")', async (run) => {
    await assert.rejects(run(), {
      name: "InfrastructureError",
      message: /died \(exit code 1\): ValueError: no such thing/,
    });
  });
  await withScript("os.kill(os.getpid(), 9)", async (run) => {
    await assert.rejects(run(), {
      message: /died \(SIGKILL\); the kernel ends what takes too much memory/,
    });
  });
});

Deno.test("train() ends the trainer when it is told to stop", async () => {
  const script =
    'print(json.dumps({"event": "progress", "message": "waiting"}), flush=True); time.sleep(600)';
  await withScript(script, async (run) => {
    const controller = new AbortController();
    await assert.rejects(
      run({ signal: controller.signal, onEvent: () => controller.abort(new Error("stop")) }),
      { message: "stop" },
    );
  });
});

Deno.test("train() ends what the trainer started, too", async () => {
  // The worker holds our end of standard output: were it left, the trainer's events would never end.
  const script = `
import subprocess
subprocess.Popen(["sleep", "600"])
print(json.dumps({"event": "progress", "message": "waiting"}), flush=True); time.sleep(600)
`;
  await withScript(script, async (run) => {
    const controller = new AbortController();
    await assert.rejects(
      run({ signal: controller.signal, onEvent: () => controller.abort(new Error("stop")) }),
      { message: "stop" },
    );
  });
});

Deno.test("the trainer ends when the harness is gone", async () => {
  const folder = await Deno.makeTempDir();
  try {
    // Nobody writes the request, so there is nothing else that could end it.
    const request = join(folder, "request.json");
    assert.equal((await runProcess("/usr/bin/mkfifo", [request])).code, 0);
    const { code, stderr } = await runProcess(PYTHON, ["-I", "-B", TRAINER, request, "--lifeline"]);
    assert.deepEqual({ code, stderr }, { code: 0, stderr: "" });
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

Deno.test("train() refuses an output that exists, data that does not, and a base that is no model", async () => {
  await withScript(CHECKPOINT, async (run, folder) => {
    await run();
    await assert.rejects(run(), {
      name: "UsageError",
      message: /expected a folder that does not exist yet/,
    });
    const settings = trainSettings("sft");
    const request = {
      kind: "sft",
      base: BASE,
      output: `${folder}/new`,
      seed: 0,
      settings,
    } as const;
    await assert.rejects(
      train({ ...request, data: `${folder}/nothing` }, { interpreter: PYTHON }),
      {
        name: "UsageError",
        message: /expected a file that export wrote, got none/,
      },
    );
    await assert.rejects(
      train({ ...request, base: folder, data: `${folder}/traces.jsonl` }, { interpreter: PYTHON }),
      { name: "UsageError", message: /expected a folder with a config.json, got none/ },
    );
  });
});

Deno.test("trainerCommand() fills a template argument by argument, and launches accelerate", () => {
  const values = {
    python: "/py",
    trainer: "/t",
    request: "/r; rm -rf x",
    kind: "sft",
    data: "/d",
    base: "/b",
    output: "/o",
  };
  assert.deepEqual(trainerCommand(values), ["/py", "-I", "-B", "/t", "/r; rm -rf x", "--lifeline"]);
  assert.deepEqual(trainerCommand(values, { command: ["srun", "--x={kind}", "{request}"] }), [
    "srun",
    "--x=sft",
    "/r; rm -rf x",
  ]);
  assert.deepEqual(trainerCommand(values, { accelerate: "fsdp.yaml" }).slice(1, 5), [
    "-m",
    "accelerate.commands.launch",
    "--config_file",
    "fsdp.yaml",
  ]);
  assert.throws(() => trainerCommand(values, { command: ["x", "{outptu}"] }), {
    name: "ConfigError",
    message: /Cannot use {outptu} in trainer.command: expected one of {python}/,
  });
});

Deno.test("trainSettings() follows the presets and names what is wrong", () => {
  assert.equal(trainSettings("ppm", { preset: "paper" }).batchSize, 512);
  assert.equal(trainSettings("sft", { overrides: { epochs: 1 } }).epochs, 1);
  assert.throws(() => trainSettings("sft", { overrides: { epoch: 1 } }), {
    name: "ConfigError",
    message: /Cannot use these settings of training "sft": .*epoch/,
  });
  assert.throws(() => trainSettings("sft", { overrides: { deviceBatchSize: 3 } }), {
    name: "ConfigError",
    message: /batchSize 16 is no multiple of deviceBatchSize 3/,
  });
});

Deno.test("learningSettings() leaves out what costs memory or time, and nothing else", () => {
  const settings = trainSettings("sft");
  const cheaper = {
    ...settings,
    deviceBatchSize: 2,
    gradientCheckpointing: true,
    saveSteps: 5,
    threads: 1,
  };
  assert.deepEqual(learningSettings(cheaper), learningSettings(settings));
  for (const changed of [{ learningRate: 1 }, { bf16: true }, { maxLength: 99 }, { epochs: 9 }]) {
    assert.notDeepEqual(learningSettings({ ...settings, ...changed }), learningSettings(settings));
  }
});
