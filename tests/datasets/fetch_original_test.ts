import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { createHash } from "node:crypto";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import {
  type FetchOptions,
  fetchOriginal,
  loadProblems,
  type Original,
  pinnedOriginals,
} from "../../lib/datasets/mod.ts";
import { sha256 } from "../../lib/core/mod.ts";
import { withFolder } from "../with_folder.ts";

const fixtures = fileURLToPath(new URL("../../fixtures", import.meta.url));
const readParquet = () => Promise.reject(new Error("not used"));

const ROW = {
  question: "What is $1+1$?",
  answer: "$2$",
  license: "CC BY-NC-SA 4.0",
  data_topic: "sums",
};
const FILE = `${JSON.stringify(ROW)}\n`;

function pin(text: string, changes: Partial<Original> = {}): Original {
  return {
    name: "college_math",
    form: "jsonl",
    rows: 1,
    bytes: text.length,
    sha256: sha256(text),
    licence: "per row",
    origin: "a/b@c",
    fetchedAs: "college_math_full",
    downloads: [{ url: "https://example.org/data/test.jsonl", gitBlobSha1: blobSha1(text) }],
    ...changes,
  };
}

function blobSha1(text: string): string {
  return createHash("sha1").update(`blob ${Buffer.byteLength(text)}\0${text}`).digest("hex");
}

const answering = (...texts: readonly string[]): NonNullable<FetchOptions["fetch"]> => {
  const left = [...texts];
  return () => Promise.resolve(new Response(left.shift() ?? null));
};
const unreachable = () => Promise.reject(new TypeError("connection refused"));

Deno.test("pinnedOriginals() pins every set that ships, and those that do not", async () => {
  const originals = await pinnedOriginals(fixtures);
  const fetched = originals.flatMap(({ fetchedAs }) => fetchedAs ?? []);
  assert.deepEqual(fetched.toSorted(), ["college_math_full", "gaokao2023en"]);
  assert.ok(
    originals.every(({ downloads }) =>
      downloads.every(({ url }) => url.startsWith("https://raw.githubusercontent.com/"))
    ),
  );
});

Deno.test("fetchOriginal() verifies and converts a download, rows for non-commercial use included", () =>
  withFolder(async (folder) => {
    const { path, problems } = await fetchOriginal(pin(FILE), { folder, fetch: answering(FILE) });
    assert.equal(await Deno.readTextFile(path), FILE);
    assert.equal(problems?.rows, 1);
    const [problem] = await loadProblems("college_math_full", {
      fixtures,
      readParquet,
      fetched: folder,
    });
    assert.deepEqual([problem?.id, problem?.answer], ["college_math/0", "2"]);
    const again = await fetchOriginal(pin(FILE), { folder, fetch: unreachable });
    assert.deepEqual(again.problems, problems, "what lies there is verified, not asked for again");
  }));

Deno.test("fetchOriginal() joins arrays in order and writes them one object a line", () =>
  withFolder(async (folder) => {
    const [one, two] = [
      '[{"index":0,"question":"é","answer":"1"}]',
      '[{"index": 1,"question":"q","answer":"2"}]',
    ];
    const whole =
      '{"index": 0, "question": "é", "answer": "1"}\n{"index": 1, "question": "q", "answer": "2"}\n';
    const original = pin(whole, {
      name: "rstar_omni_math",
      form: "json-arrays",
      fetchedAs: null,
      downloads: [one, two].map((text, i) => ({
        url: `https://example.org/${i}.json`,
        gitBlobSha1: blobSha1(text),
      })),
    });
    const { path, problems } = await fetchOriginal(original, {
      folder,
      fetch: answering(one, two),
    });
    assert.equal(await Deno.readTextFile(path), whole);
    assert.equal(problems, null);
  }));

Deno.test("fetchOriginal() says what to download by hand and where to put it, and takes it from there", () =>
  withFolder(async (folder) => {
    const place = join(folder, "downloads", "college_math", "test.jsonl");
    await assert.rejects(
      () => fetchOriginal(pin(FILE), { folder, fetch: unreachable }),
      ({ name, message }: Error) =>
        name === "InfrastructureError" && message.includes("connection refused") &&
        message.includes(`https://example.org/data/test.jsonl\n    as ${place}`),
    );
    await Deno.mkdir(join(place, ".."), { recursive: true });
    await Deno.writeTextFile(place, FILE);
    assert.equal(
      (await fetchOriginal(pin(FILE), { folder, fetch: unreachable })).problems?.rows,
      1,
    );
  }));

Deno.test("fetchOriginal() refuses what is not pinned, and keeps none of it", () =>
  withFolder(async (folder) => {
    await assert.rejects(
      () => fetchOriginal(pin(FILE), { folder, fetch: answering("<html>") }),
      { name: "DatasetError", message: /its checksum differs from the pinned one/ },
    );
    await assert.rejects(
      () => fetchOriginal(pin(FILE), { folder, fetch: answering("x".repeat(10_000)) }),
      { message: /expected at most \d+ bytes, got more/ },
    );
    const wrong = () => Promise.resolve(new Response("gone", { status: 404 }));
    await assert.rejects(() => fetchOriginal(pin(FILE), { folder, fetch: wrong }), {
      message: /status 404/,
    });
    assert.deepEqual(await Array.fromAsync(Deno.readDir(folder)), []);
    const path = join(folder, "originals", "college_math.jsonl");
    await Deno.mkdir(join(path, ".."), { recursive: true });
    await Deno.writeTextFile(path, "changed");
    await assert.rejects(() => fetchOriginal(pin(FILE), { folder, fetch: answering(FILE) }), {
      message: /remove the file/,
    });
  }));

Deno.test("loadProblems() says how to fetch a set that does not ship", async () => {
  await assert.rejects(
    () => loadProblems("gaokao2023en", { fixtures, readParquet, fetched: "/nowhere" }),
    { name: "DatasetError", message: /fetch it with deno task data fetch gaokao2023en/ },
  );
});
