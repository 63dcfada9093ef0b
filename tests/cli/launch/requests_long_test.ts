import assert from "node:assert/strict";
import { join } from "node:path";
import { withFolder } from "../../with_folder.ts";
import { additionEndpoint, additionProblems } from "../_addition_world.ts";
import { runTask } from "./_task.ts";

Deno.test("synth asks a gateway with the header, the key and the fields that its requests name, and stores neither secret", () =>
  withFolder(async (folder) => {
    await using behind = additionEndpoint();
    const bodies: Record<string, unknown>[] = [];
    await using gateway = Deno.serve(
      { port: 0, hostname: "127.0.0.1", onListen: () => {} },
      async (request) => {
        const isKnown = request.headers.get("x-gate") === "gate-secret" &&
          request.headers.get("authorization") === "Bearer key-secret";
        if (!isKnown) return Response.json({ error: "who are you?" }, { status: 403 });
        const { pathname } = new URL(request.url);
        const url = `${new URL(behind.url).origin}${pathname}`;
        if (request.method === "GET") return await fetch(url);
        const body = await request.text();
        bodies.push(JSON.parse(body));
        return await fetch(url, { method: "POST", body });
      },
    );
    const problems = join(folder, "problems.jsonl");
    await Deno.writeTextFile(problems, additionProblems(2));
    const db = join(folder, "a.duckdb");
    const synth = (topK: number) => [
      ...["synth", "--db", db, "--problems", problems, "--rollouts", "2", "--candidates", "2"],
      ...["--policy", `http://127.0.0.1:${gateway.addr.port}/v1`],
      ...["--requests.policy.apiKeyVariable", "GATEWAY_KEY"],
      ...["--requests.policy.headers", '{"x-gate":"$GATEWAY_TOKEN"}'],
      ...["--requests.policy.extraBody", `{"top_k":${topK}}`],
    ];
    const unset = await runTask(synth(7), { env: { GATEWAY_KEY: "key-secret" } });
    assert.equal(unset.code, 2, unset.stderr);
    assert.match(
      unset.stderr,
      /requests\.policy\.headers\.x-gate: expected the variable GATEWAY_TOKEN/,
    );

    const wrong = { GATEWAY_KEY: "wrong-secret", GATEWAY_TOKEN: "gate-secret" };
    const refused = await runTask(synth(7), { env: wrong });
    assert.match(refused.stderr, /the key in GATEWAY_KEY is not accepted/);

    const env = { GATEWAY_KEY: "key-secret", GATEWAY_TOKEN: "gate-secret" };
    const done = await runTask(synth(7), { env });
    assert.equal(done.code, 0, done.stderr);
    const drawn = bodies.filter((body) => "prompt" in body && "max_tokens" in body);
    assert.ok(drawn.length > 0 && drawn.every((body) => body["top_k"] === 7));

    // Other fields, another model: what is there is not taken for it.
    const other = await runTask(synth(8), { env });
    assert.equal(other.code, 0, other.stderr);
    assert.match(other.stdout + other.stderr, /extraBody\.top_k/);

    for await (const { name, isFile } of Deno.readDir(folder)) {
      if (!isFile) continue;
      const text = new TextDecoder("latin1").decode(await Deno.readFile(join(folder, name)));
      assert.ok(!/gate-secret|key-secret/.test(text), name);
    }
  }));
