import assert from "node:assert/strict";
import { gzipSync } from "node:zlib";
import { DatasetError, type FieldMapping, StoreError } from "../../lib/core/mod.ts";
import { readProblems } from "../../lib/datasets/mod.ts";
import { withFile } from "../with_file.ts";

const readParquet = () => Promise.resolve([{ question: "q", answer: 4 }]);

const read = (name: string, content: string | Uint8Array, fields?: FieldMapping) =>
  withFile(
    name,
    content,
    (path) => readProblems(path, { readParquet, ...(fields === undefined ? {} : { fields }) }),
  );

const expected = { id: "set/1", source: "set", question: "q", answer: "4", level: null, meta: {} };

Deno.test.each<[string, string | Uint8Array]>([
  ["set.jsonl", '{"question": "q", "answer": "4"}\n'],
  ["set.jsonl", '{"problem": "q", "answer": 4}'],
  ["set.json", '[{"question": "q", "answer": "4"}]'],
  ["set.csv", "id,question,answer\n1,q,4\n"],
  ["set.csv", "id;question;answer\n1;q;4\n"],
  ["set.tsv", "id\tquestion\tanswer\n1\tq\t4\n"],
  ["set.parquet", ""],
  ["set.jsonl.gz", gzipSync('{"question": "q", "answer": "4"}\n')],
])("readProblems() reads %s", async (name, content) => {
  assert.deepEqual(await read(name, content), [expected]);
});

Deno.test("readProblems() takes declared fields, levels and subjects", async () => {
  const [problem] = await read(
    "set.jsonl",
    '{"nr": 7, "text": "q", "solution": "4", "level": "Level 3", "type": "Algebra"}',
    { id: "nr", question: "text", answer: "solution" },
  );
  assert.deepEqual(problem, { ...expected, id: "set/7", level: 3, meta: { subject: "Algebra" } });
});

Deno.test.each<[string, string | Uint8Array, number | null, string]>([
  [
    "a.jsonl",
    '{"question":"q","answer":"1"}\n{"question"\n',
    2,
    "line 2: expected a JSON object: Expected ':' after property name, column 12",
  ],
  [
    "a.jsonl",
    '{"question":"q"}',
    1,
    'line 1, field "answer": missing; got question; name another field with --fields answer=FIELD',
  ],
  [
    "a.jsonl",
    '{"question":"q","answer":""}',
    1,
    'expected text, a number or a list of them, got ""',
  ],
  ["a.jsonl", '{"question":"","answer":"1"}', 1, 'field "question": expected text, got ""'],
  [
    "a.jsonl",
    '{"id":1,"question":"q","answer":"1"}\n{"id":1,"question":"r","answer":"1"}',
    2,
    'field "id": "a/1" is that of line 1 already',
  ],
  ["a.jsonl", new Uint8Array([10, 255, 254, 10]), 2, "line 2: expected UTF-8"],
  ["a.jsonl", "\n", null, "expected at least one problem, got none"],
  ["a.csv", "question,answer\n", null, "expected at least one problem, got none"],
  ["a.json", '{"question":"q"}', 1, 'item 1, field "answer": missing'],
  ["a.json", "4", 1, "expected a JSON array of objects, got 4"],
  ["a.json", "[\n{},\n{]", 3, "line 3: expected a JSON array of objects: Expected property name"],
  ["a.json", '[{"question":"q","answer":1}, 5]', 2, "item 2: expected a JSON object, got 5"],
  ["a.json", '[{"question":"q"}]', 1, 'item 1, field "answer": missing'],
  ["a", "x", null, "got no ending"],
  ["a.jsonl.gz", "no gzip data", null, "expected gzip data (incorrect header check"],
  [
    "a.txt",
    "x",
    null,
    'ending in .jsonl, .ndjson, .json, .csv, .tsv, .parquet, got ".txt"; rename it by what is in it',
  ],
  ["a.csv", "question,answer\nq,1,2\n", 2, "Invalid Record Length"],
])(
  "readProblems() refuses %s (case %#) and says where and why",
  async (name, content, line, message) => {
    await assert.rejects(read(name, content), (error: unknown) => {
      assert.ok(error instanceof DatasetError);
      assert.equal(error.line, line);
      assert.ok(error.message.includes(message), error.message);
      return true;
    });
  },
);

Deno.test("readProblems() says that a file is not there", async () => {
  await assert.rejects(readProblems("nowhere.jsonl", { readParquet }), {
    message: 'Cannot read "nowhere.jsonl": there is no such file or folder',
  });
});

Deno.test("readProblems() says that it was given a folder", async () => {
  const folder = await Deno.makeTempDir({ suffix: ".jsonl" });
  try {
    await assert.rejects(readProblems(folder, { readParquet }), {
      name: "DatasetError",
      message: `Cannot read "${folder}": expected a file, got a folder`,
    });
  } finally {
    await Deno.remove(folder);
  }
});

Deno.test("readProblems() passes on what is wrong with a Parquet file, as the user's fault", async () => {
  const broken = () => Promise.reject(new StoreError('Cannot read "a.parquet": expected Parquet'));
  await assert.rejects(readProblems("a.parquet", { readParquet: broken }), {
    name: "DatasetError",
    message: 'Cannot read "a.parquet": expected Parquet',
  });
});

Deno.test("readProblems() flags what cannot be judged", async () => {
  const [figure, proof] = await read(
    "a.jsonl",
    '{"question":"See [asy] draw(); [/asy]","answer":"1"}\n{"question":"Prove that 1 = 1","answer":"1"}',
  );
  assert.equal(figure?.meta.ungradable, "needs its figure");
  assert.equal(proof?.meta.ungradable, "asks for a proof");
});
