/** Files in the shape in which people publish them: `fixtures/datasets/`. */
import assert from "node:assert/strict";
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";
import { DatasetError, type FieldMapping, type ProblemMeta } from "../../lib/core/mod.ts";
import { readProblems } from "../../lib/datasets/mod.ts";
import { readParquetRows } from "../../lib/store/mod.ts";
import { withFile } from "../with_file.ts";

const folder = fileURLToPath(new URL("../../fixtures/datasets", import.meta.url));
const readParquet = readParquetRows;
const JARS = "A shelf holds 6 rows of 12 jars. How many jars are there?";
const WALK = "Mo walks 3 km and then twice as far. How many km in all?";
const CHOICE: ProblemMeta = { answerType: "choice" };
const PLACEHOLDER = { ungradable: "its reference answer is a placeholder" };

Deno.test.each<[string, readonly (readonly [string, string, ProblemMeta?])[]]>([
  ["gsm8k_raw.jsonl", [[JARS, "72"], [WALK, "9"]]],
  ["asdiv_units.jsonl", [
    ["A hen lays 2 eggs a day. How many eggs in 5 days?", "10", { unit: "eggs" }],
    ["Mo has 30 nuts. How many are left after eating 4?", "26", { unit: "nuts" }],
  ]],
  ["big_integer.jsonl", [
    ["What is 2^64+1?", "18446744073709551617"],
    ["What is 10^22?", "10000000000000000000000"],
    ["What is 2^53+1?", "9007199254740993"],
    ["One third, to 20 digits?", "0.33333333333333333333"],
  ]],
  ["numina_placeholders.jsonl", [
    [JARS, "72"],
    ["Show the sum of two odd numbers is even.", "proof", PLACEHOLDER],
    [WALK, "notfound", PLACEHOLDER],
  ]],
  ["tab_escape.jsonl", [["What is \\tan 45^\\circ?", "\\frac{1}{1}"]]],
  ["answer_list.jsonl", [
    ["Solve x^2=9.", "3, -3", { isMultipleAnswer: true }],
    ["Solve 2x=8.", "4"],
  ]],
  ["verl_nested.jsonl", [[JARS, "72"]]],
  ["capital_fields.jsonl", [[JARS, "72"], [WALK, "9"]]],
  ["semicolon.csv", [["2+2?", "4"]]],
  ["duplicate_questions.jsonl", [[JARS, "72"], [JARS, "72"], [JARS, "71"]]],
  ["struct.parquet", [["What is 6*12?", "72"]]],
])("readProblems() reads %s as it is meant", async (file, expected) => {
  const problems = await readProblems(`${folder}/${file}`, { readParquet });
  assert.deepEqual(
    problems.map(({ question, answer, meta }) => [question, answer, meta]),
    expected.map(([question, answer, meta = {}]) => [question, answer, meta]),
  );
});

Deno.test("readProblems() keeps the ids of a file, whatever their name's case", async () => {
  const problems = await readProblems(`${folder}/capital_fields.jsonl`, { readParquet });
  assert.deepEqual(problems.map(({ id }) => id), ["capital_fields/own-1", "capital_fields/own-2"]);
});

/** The one problem of a row, as the pair that matters. */
async function readRow(row: unknown, fields?: FieldMapping) {
  return await withFile("a.jsonl", JSON.stringify(row), async (path) => {
    const [problem] = await readProblems(path, { readParquet, fields });
    assert.ok(problem !== undefined);
    return problem;
  });
}

Deno.test.each<[string, unknown, string, ProblemMeta]>([
  ["MATH's solution", { problem: "q", solution: "Thus $x = \\boxed{\\frac12}$." }, "\\frac12", {}],
  ["MetaMath's response", { query: "q", response: "2+2=4. The answer is: 4" }, "4", {}],
  ["a number grouped by commas", { question: "q", answer: "so\n#### 1,200" }, "1200", {}],
  ["a box around the answer", { question: "q", answer: "\\boxed{7}" }, "7", {}],
  ["a formula in dollars", { question: "q", answer: "$x+1$" }, "x+1", {}],
  ["a price", { question: "q", answer: "$5" }, "$5", {}],
  ["a list as text", { question: "q", answer: '["\\\\frac{1}{2}"]' }, "\\frac{1}{2}", {}],
  ["an interval", { question: "q", answer: "[1, 2]" }, "[1, 2]", {}],
  ["a set of answers", { question: "q", answer: ["1", 2] }, "1, 2", { isMultipleAnswer: true }],
  ["a congruence", { question: "q", answer: "5 (mod 7)" }, "5 (mod 7)", {}],
  ["words that are a value", { question: "q", answer: "no solution" }, "no solution", {}],
  ["zero", { question: "q", answer: 0 }, "0", {}],
  ["a unit in a field", { question: "q", final_answer: ["9"], unit: "cm" }, "9", { unit: "cm" }],
  [
    "boxes that differ",
    { problem: "q", solution: "\\boxed{1} or \\boxed{2}" },
    "2",
    { ungradable: "the reference solution boxes several values" },
  ],
  [
    "a matrix whose lines begin with e",
    { question: "q", answer: "\\begin{matrix}\ne^{t} & 1\n\\end{matrix}" },
    "\\begin{matrix}\ne^{t} & 1\n\\end{matrix}",
    {},
  ],
  ["Skywork's list as text", { question: "q", answer: '["34"]' }, "34", {}],
  ["Python's list as text", { question: "q", answer: "['3', '4']" }, "3, 4", {
    isMultipleAnswer: true,
  }],
  ["a truth value", { Question: "q", Answer: true }, "True", {}],
  [
    "a sentence that ends in its answer",
    {
      question: "q",
      answer: "2 and 2. The answer is $4$.",
    },
    "4",
    {},
  ],
  ["a label before the answer", { question: "q", answer: "Answer: 12" }, "12", {}],
  ["a unit with signs", { question: "q", answer: "1.5 (km/h)" }, "1.5", { unit: "km/h" }],
  ["a product", { question: "q", answer: "3 (x+1)" }, "3 (x+1)", {}],
  ["a number to a base", { question: "q", answer: "5 (base 8)" }, "5 (base 8)", {}],
  ["a solution that is a value", { prompt: "q", solution: "$\\frac12$" }, "\\frac12", {}],
  ["a box without braces", { problem: "q", solution: "$\\boxed\\frac12$." }, "\\frac12", {}],
  ["a name of two words", { "Question Text": "q", "Final Answer": "1" }, "1", {}],
  ["MAWPS", { iIndex: 1, sQuestion: "q", lSolutions: [3.0] }, "3", {}],
  ["PRM800K", { question: { problem: "q", ground_truth_answer: "17" } }, "17", {}],
  ["the next field behind an empty one", { question: "q", answer: "", gold: "4" }, "4", {}],
  [
    "a solution behind an answer that is null",
    {
      problem: "q",
      answer: null,
      solution: "\\boxed{6}",
    },
    "6",
    {},
  ],
  [
    "what the assistant says",
    {
      messages: [{ role: "user", content: "q" }, { role: "assistant", content: "\\boxed{4}" }],
    },
    "4",
    {},
  ],
  ["signs of HTML", { question: "q", answer: "x &gt; 5" }, "x > 5", {}],
  ["a sign that takes no room", { question: "q", answer: "1\u200b2" }, "12", {}],
  ["OlympiadBench's tolerance", { question: "q", final_answer: ["5.1"], error: "1e-1" }, "5.1", {
    tolerance: 0.1,
  }],
  ["a picture of its own", { question: "q", Picture: "iVBOR", answer: "1" }, "1", {
    ungradable: "needs its figure",
  }],
  ["a backslash lost before any command", { question: "q", answer: "\bigcup A" }, "\\bigcup A", {}],
  ["an answer that may have been \\nu", { question: "q", answer: "\nu" }, "u", {
    ungradable: "its reference answer may have lost the backslash of \\nu",
  }],
  ["a box that is not closed", { question: "q", answer: "\\boxed{3" }, "\\boxed{3", {
    ungradable: "the box of its reference answer is empty or not closed",
  }],
  [
    "an answer that no grader reads",
    { question: "q", answer: "1".repeat(1001) },
    "1".repeat(1001),
    {
      ungradable: "its reference answer is over 1000 characters long",
    },
  ],
])("readProblems() reads %s", async (_what, row, answer, meta) => {
  const problem = await readRow(row);
  assert.equal(problem.answer, answer);
  assert.deepEqual(problem.meta, meta);
});

Deno.test.each([
  ...[
    "no answer",
    "\\text{N/A}",
    "(proof)",
    "Not provided",
    "#N/A",
    "[]",
    "略",
    "Answers may vary.",
  ],
  ...["Q.E.D.", "\\boxed{}", "…", "see above", "to be determined", "$\\text{None}$"],
])("readProblems() flags %s as a placeholder", async (answer) => {
  assert.deepEqual((await readRow({ question: "q", answer })).meta, PLACEHOLDER);
});

Deno.test.each([
  ...["no solution", "does not exist", "None of the above", "undefined", "0", "-1", "\\text{Yes}"],
  ...["\\text{empty}", "no real solutions", "-\\infty", "\\{\\}x", "NO", "N"],
])("readProblems() takes %s as a value", async (answer) => {
  assert.deepEqual((await readRow({ question: "q", answer })).meta, {});
});

Deno.test.each<[string, unknown, string, string, ProblemMeta]>([
  ["a list", { options: ["A)21", "B)22"], correct: "B" }, "q\n(A) 21\n(B) 22", "B", CHOICE],
  ["letters", { options: { A: "1", B: "2" }, answer: "(A)" }, "q\n(A) 1\n(B) 2", "A", CHOICE],
  ["a number", { choices: ["4", "5"], answer: 1 }, "q\n(A) 4\n(B) 5", "B", CHOICE],
  ["a number that is a value, too", { choices: ["1", "0"], answer: 1 }, "q\n(A) 1\n(B) 0", "B", {
    answerType: "choice",
    ungradable: "its reference answer may be a choice's number or its value",
  }],
])(
  "readProblems() puts choices behind their question: %s",
  async (_what, row, text, answer, meta) => {
    const problem = await readRow(Object.assign({ question: "q" }, row));
    assert.deepEqual(
      [problem.question, problem.answer, problem.meta],
      [text, answer, meta],
    );
  },
);

Deno.test.each<[string, string, readonly (readonly [string, string])[]]>([
  ["MATH's file of one problem", '{"problem": "q",\n"solution": "\\\\boxed{2}"}', [["q", "2"]]],
  ["an object around the list", '{"version": 1, "data": [{"question": "q", "answer": 1}]}', [
    ["q", "1"],
  ]],
  ["an object that names each", '{"x": {"question": "q", "answer": 1}}', [["q", "1"]]],
  ["one object a line", '{"question":"q","answer":1}\n{"question":"r","answer":2}\n', [
    ["q", "1"],
    ["r", "2"],
  ]],
  [
    "Open-Reasoner-Zero's pairs",
    '[[{"from":"human","value":"q"},{"from":"assistant","ground_truth":{"value":"6"}}]]',
    [["q", "6"]],
  ],
])("readProblems() reads %s out of .json", async (_what, content, expected) => {
  await withFile("a.json", content, async (path) => {
    const problems = await readProblems(path, { readParquet });
    assert.deepEqual(problems.map(({ question, answer }) => [question, answer]), expected);
  });
});

Deno.test.each<[string, string, string | Uint8Array, number | null, RegExp]>([
  ["two lists", "a.json", '{"train":[{}],"test":[{}]}', 1, /train, test; write the list/],
  ["columns", "a.json", '{"question":["q"],"answer":[1]}', 1, /orient="records"/],
  ["NaN", "a.json", '[\n{"question":"q",\n"answer":NaN}]', 3, /"NaN" is no JSON; write null/],
  ["a comma too many", "a.json", '[\n{"question":"q"},\n]', 2, /a comma before "\]"; leave it out/],
  ["a bare backslash", "a.jsonl", '{"answer":"\\sqrt2"}', 1, /a backslash is written twice/],
  ["a comma behind a line", "a.jsonl", '{"a":1},\n{"a":1}', 1, /nothing behind it/],
  ["a text over lines", "a.jsonl", "[\n{}\n]", 1, /ends in \.json$/],
  ["zstd", "a.jsonl.zst", "x", null, /unpack it with zstd -d/],
  ["gzip twice", "a.jsonl.gz", gzipSync(gzipSync("{}")), 1, /got gzip data; unpack it/],
  ["UTF-16", "a.csv", new Uint8Array([255, 254, 97, 0]), 1, /got UTF-16; convert it: iconv/],
  ["two columns of a name", "a.csv", "answer,answer\n1,2\n", 1, /two columns are named "answer"/],
  ["a bare comma", "a.csv", "question,answer\nx, y?,1\n", 2, /stands in double quotes/],
])(
  "readProblems() refuses %s in %s, with line, reason and cure",
  async (_what, name, content, line, reason) => {
    await withFile(name, content, async (path) => {
      await assert.rejects(readProblems(path, { readParquet }), (error: unknown) => {
        assert.ok(error instanceof DatasetError, String(error));
        assert.equal(error.line, line, error.message);
        assert.match(error.message, reason);
        return true;
      });
    });
  },
);

Deno.test("readProblems() counts the lines of quoted texts, and takes marks between tabs as they are", async () => {
  const csv = 'question,answer\r\n"a\r\nb",1\r\nc,2\r\n';
  await withFile("a.csv", csv, async (path) => {
    const problems = await readProblems(path, { readParquet });
    assert.deepEqual(problems.map(({ id, question }) => [id, question]), [
      ["a/2", "a\nb"],
      ["a/4", "c"],
    ]);
  });
  await withFile("a.tsv", 'question\tanswer\na "b" c\t1\n', async (path) => {
    const [problem] = await readProblems(path, { readParquet });
    assert.equal(problem?.question, 'a "b" c');
  });
});

Deno.test.each<[string, unknown, string]>([
  [
    "context",
    { context: "A ball rolls.", question: "How far?", answer: "1" },
    "A ball rolls. How far?",
  ],
  ["instruction and input", { instruction: "Add.", input: "2+2", answer: "4" }, "Add. 2+2"],
  [
    "a body said already",
    { body: "Mo has 2.", question: "Mo has 2. All?", answer: "2" },
    "Mo has 2. All?",
  ],
  ["messages as text", { prompt: '[{"role": "user", "content": "q"}]', answer: "1" }, "q"],
  ["a lost backslash", { question: "If 3 \times n = 6?", answer: "2" }, "If 3 \\times n = 6?"],
  ["a tab before a word", { question: "See\tan apple", answer: "2" }, "See\tan apple"],
])("readProblems() makes one question of %s", async (_what, row, question) => {
  assert.equal((await readRow(row)).question, question);
});

Deno.test.each<[string, unknown]>([
  ["chat messages in parts", {
    messages: [
      { role: "system", content: "s" },
      { role: "user", content: [{ type: "text", text: "q" }] },
    ],
    answer: "1",
  }],
  ["ShareGPT's conversations", {
    conversations: [{ from: "human", value: "q" }, { from: "gpt", value: "r" }],
    answer: "1",
  }],
])("readProblems() takes the question out of %s", async (_what, row) => {
  assert.equal((await readRow(row)).question, "q");
});

Deno.test("readProblems() follows declared paths, list positions included, and names with dots", async () => {
  const row = { talk: [{ text: "q" }], "a.b": "1", a: { b: "2" }, deep: { gold: "3" } };
  const question = "talk.0.text";
  assert.equal((await readRow(row, { question, answer: "deep.gold" })).answer, "3");
  assert.equal((await readRow(row, { question, answer: "a.b" })).answer, "1");
  assert.equal((await readRow(row, { question, answer: "a.b" })).question, "q");
});

Deno.test.each<[string, unknown, RegExp]>([
  ["an answer with a control character", { question: "q", answer: "1\u00012" }, /U\+0001/],
  ["a solution that marks no answer", { problem: "q", solution: "It is 4." }, /marks its answer/],
  ["an object for an answer", { question: "q", answer: { a: 1 } }, /field "answer": expected text/],
  [
    "messages without a user",
    { messages: [{ role: "system", content: "s" }], answer: "1" },
    /text/,
  ],
  ["another name", { text: "q", answer: "1" }, /name another field with --fields question=FIELD/],
])("readProblems() refuses %s, with line and reason", async (_what, row, reason) => {
  await assert.rejects(readRow(row), (error: unknown) => {
    assert.ok(error instanceof DatasetError && error.line === 1, String(error));
    assert.match(error.message, reason);
    return true;
  });
});

Deno.test("readProblems() tells where it put a lost backslash back", async () => {
  const lines: number[] = [];
  await readProblems(`${folder}/tab_escape.jsonl`, {
    readParquet,
    onMended: (line) => lines.push(line),
  });
  assert.deepEqual([...new Set(lines)], [1]);
});
