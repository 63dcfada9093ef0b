/** The serving hook and the trainer command of the test world (`_world.ts`): they tell its server, and do the least that is asked. */
import { join } from "node:path";
import type { CheckpointSummary } from "../../../lib/training/mod.ts";
import { safetensorsOf } from "../../training/_safetensors.ts";

const [what = "", base = "", ...rest] = Deno.args;

if (what === "serve") {
  const [round = ""] = rest;
  await fetch(`${base}/r${round}/serve`).then((reply) => reply.text());
  const url = `${base}/r${round}/v1`;
  console.log(
    JSON.stringify({ policy: [url], ppm: [url], policyModel: "adder", ppmModel: "adder" }),
  );
  await Deno.stdin.readable.pipeTo(new WritableStream());
}

if (what === "train") {
  const [kind = "", data = "", output = "", request = ""] = rest;
  const round = /round-(\d+)/.exec(output)?.[1] ?? "0";
  const fate = await fetch(`${base}/r${round}/train/${kind}`).then((reply) => reply.text());
  if (fate === "fails") Deno.exit(1);
  if (fate !== "nothing") {
    await Deno.mkdir(output);
    await Deno.writeTextFile(join(output, "config.json"), "{}");
    if (fate === "checkpoint" || fate === "torn") {
      const weights = safetensorsOf(await Deno.readFile(data));
      const written = fate === "torn" ? weights.subarray(0, -1) : weights;
      await Deno.writeFile(join(output, "model.safetensors"), written);
      await Deno.writeTextFile(join(output, "rstar.json"), JSON.stringify(summary(kind)));
      await Deno.copyFile(request, join(output, "request.json"));
    }
    await fetch(`${base}/r${round}/trained`).then((reply) => reply.text());
  }
}

function summary(kind: string): CheckpointSummary {
  const isPpm = kind === "ppm";
  return {
    kind,
    data: { sha256: "data" },
    steps: 3,
    tokens: 100,
    seconds: 1,
    curve: [{ step: 1, loss: 0.7 }, { step: 3, loss: 0.5 }],
    calibration: isPpm ? { b: 0.1, tau: 1.5, fittedOn: "held-out", groups: 9, problems: 5 } : null,
    heldOut: isPpm
      ? {
        pairAccuracy: 0.75,
        pairs: 8,
        problems: 4,
        round1: { pairAccuracy: 0.625, pairs: 4, problems: 2 },
      }
      : null,
    sha256: `${kind} weights`,
  };
}
