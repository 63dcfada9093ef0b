/** Votes from the reply to the table, with the grader that ships. */
import assert from "node:assert/strict";
import { openStore } from "../../../lib/store/mod.ts";
import { withFolder } from "../../with_folder.ts";
import { runRstar } from "../_rstar.ts";

/** Three equal wrong answers in three writings, and two right ones. */
const WRITINGS = [
  "2\\sqrt{3}",
  "\\sqrt{8}",
  "2\\sqrt{2}",
  "\\sqrt{12}",
  "\\sqrt{2}+\\sqrt{2}",
];

/** A chat model that gives these answers by turns. */
function turnEndpoint() {
  let asked = 0;
  const server = Deno.serve(
    { port: 0, hostname: "127.0.0.1", onListen: () => {} },
    async (request) => {
      if (request.method === "GET") {
        return Response.json({ data: [{ id: "turns", max_model_len: 8192 }] });
      }
      const body = await request.text();
      const content = body.includes("hypotenuse")
        ? `So it is \\boxed{${WRITINGS[asked++ % WRITINGS.length]}}.`
        : "Hello.";
      return Response.json({
        choices: [{ index: 0, message: { role: "assistant", content }, finish_reason: "stop" }],
        usage: { prompt_tokens: 10, completion_tokens: 7 },
      });
    },
  );
  return {
    url: `http://127.0.0.1:${server.addr.port}/v1`,
    close: () => server.shutdown(),
    get asked() {
      return asked;
    },
  };
}

async function ask(args: readonly string[]) {
  const { code, stdout, stderr } = await runRstar(["eval", ...args, "--json"]);
  assert.equal(code, 0, stderr);
  return JSON.parse(stdout);
}

Deno.test("eval counts equal wrong answers in several writings together, and so does regrade from stored rows", async () => {
  await withFolder(async (folder) => {
    const endpoint = turnEndpoint();
    const problem = { id: 1, question: "How long is the hypotenuse?", answer: "\\sqrt{12}" };
    await Deno.writeTextFile(`${folder}/one.jsonl`, JSON.stringify(problem));
    const suite = { name: "one", description: "One", problems: "one.jsonl" };
    await Deno.writeTextFile(`${folder}/one.json`, JSON.stringify(suite));
    const db = `${folder}/x.duckdb`;
    const args = [
      ...["--suite", `${folder}/one.json`, "--policy", endpoint.url, "--policy-api", "chat"],
      ...["--no-code", "--mode", "sample", "-k", "5", "--concurrency", "1", "--db", db, "--quiet"],
    ];
    const figures = async () => {
      const { evaluations: [evaluation] } = await ask(args);
      return Object.fromEntries(
        [
          ["votes", evaluation.votes_grouped_by],
          ...evaluation.metrics.map((
            { metric, value }: { metric: string; value: number },
          ) => [metric, value]),
        ],
      );
    };
    const first = await figures();
    assert.deepEqual([first["avg@5"], first["maj@5"], first.votes], [.4, 0, "grader"]);
    assert.equal(endpoint.asked, 5);

    // As an earlier version left it: judged, and grouped by nobody.
    {
      await using store = await openStore(db);
      const bare = (await store.samples(1)).flatMap(({ problemId, sample, verdicts }) =>
        verdicts.map((verdict) => ({ ...verdict, problemId, sample, vote: null }))
      );
      await store.writeVerdicts(1, bare);
    }
    const [regraded] = await ask(["regrade", "--db", db, "--quiet"]);
    assert.deepEqual([regraded.judged, regraded.votes_grouped, regraded.now_right], [5, 1, []]);
    assert.deepEqual(await figures(), first);
    assert.equal(endpoint.asked, 5, "nothing was generated anew");
    await endpoint.close();
  });
});
