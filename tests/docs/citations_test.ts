/** Every page that code, tests, benchmarks and documents name is in the repository, with the heading that they quote. */
import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { dirname, join, normalize } from "node:path";
import { type Citation, citationsOf, ownHeadingsOf } from "./_citations.ts";
import { headingsOf, readPage, ROOT } from "./_page.ts";

const FOLDERS = ["lib", "tests", "benchmarks", "docs"] as const;
/** Pages at the top, which name others as those of `docs` do. */
const TOP_PAGES = ["README.md", "CONTRIBUTING.md"] as const;
const TEXT = /\.(?:ts|tsx|py|sql|md|sh|json|jsonc|toml|css|html)$/;
/** A bundle that is made from its sources; and this test, which names pages that are not there. */
const LEFT_OUT = /^lib\/viewer\/client\/dist\/|^tests\/docs\/_?citations/;

async function* filesBelow(folder: string): AsyncGenerator<string> {
  for await (const entry of Deno.readDir(new URL(`${folder}/`, ROOT))) {
    const path = `${folder}/${entry.name}`;
    if (entry.isDirectory) yield* filesBelow(path);
    else if (TEXT.test(path) && !LEFT_OUT.test(path)) yield path;
  }
}

async function* pages(): AsyncGenerator<string> {
  yield* TOP_PAGES;
  for await (const page of filesBelow("docs")) if (page.endsWith(".md")) yield page;
}

async function* texts(): AsyncGenerator<string> {
  yield* TOP_PAGES;
  for (const folder of FOLDERS) yield* filesBelow(folder);
}

function isThere(path: string): boolean {
  try {
    return Deno.statSync(new URL(path, ROOT)).isFile;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return false;
    throw error;
  }
}

/** The page that a file means: from the root of the repository, else in its own folder or one above it. */
function findPage(page: string, citing: string): string | null {
  if (isThere(page)) return page;
  for (let folder = dirname(citing); folder !== "."; folder = dirname(folder)) {
    const path = normalize(join(folder, page));
    if (isThere(path)) return path;
  }
  return null;
}

/** Says what is wrong with a citation; `null` where it leads somewhere. */
function problemOf({ page, headings, section }: Citation, citing: string): string | null {
  const path = findPage(page, citing);
  if (path === null) return `there is no page ${page}`;
  const known = headingsOf(readPage(path));
  const missing = headings.find((heading) => !known.includes(heading));
  if (missing !== undefined) return `${path} has no heading "${missing}"`;
  const isNumbered = section === null || known.some((heading) => heading.startsWith(`${section}.`));
  return isNumbered ? null : `${path} has no section ${section}`;
}

Deno.test("every page that is named is there, with the headings that are quoted of it", async () => {
  const problems: string[] = [];
  let quoted = 0;
  for await (const file of texts()) {
    for (const citation of citationsOf(readPage(file))) {
      quoted += citation.headings.length;
      const problem = problemOf(citation, file);
      if (problem !== null) problems.push(`${file}: ${problem}`);
    }
  }
  assert.deepEqual(problems, []);
  assert.ok(quoted > 100, `only ${quoted} headings are quoted: the test no longer sees them`);
});

Deno.test("every heading that a page quotes of itself is in it", async () => {
  const problems: string[] = [];
  for await (const page of pages()) {
    const markdown = readPage(page);
    const known = headingsOf(markdown);
    problems.push(
      ...ownHeadingsOf(markdown).filter((heading) => !known.includes(heading))
        .map((heading) => `${page}: no heading "${heading}"`),
    );
  }
  assert.deepEqual(problems, []);
});

Deno.test("every file of ours that a page names is there", async () => {
  const problems: string[] = [];
  for await (const page of pages()) {
    // `lib/python3` is a folder of Python's.
    const named = readPage(page).matchAll(
      /`((?:lib(?!\/python3)|tests|fixtures|evals|benchmarks)\/[\w./-]+)`/g,
    );
    for (const [, path = ""] of named) {
      if (!existsSync(new URL(path, ROOT))) problems.push(`${page}: there is no ${path}`);
    }
  }
  assert.deepEqual(problems, []);
});

Deno.test("citationsOf() finds pages, headings and sections, also where a line breaks between them", () => {
  assert.deepEqual(citationsOf('see docs/search.md, "Backup".'), [
    { page: "docs/search.md", headings: ["Backup"], section: null },
  ]);
  assert.deepEqual(citationsOf(' * (docs/search.md,\n * "Order and randomness"), so'), [
    { page: "docs/search.md", headings: ["Order and randomness"], section: null },
  ]);
  assert.deepEqual(citationsOf('`docs/a.md`, "One" and "Two"; // PROTOCOL.md 4'), [
    { page: "docs/a.md", headings: ["One", "Two"], section: null },
    { page: "PROTOCOL.md", headings: [], section: 4 },
  ]);
  assert.deepEqual(citationsOf("PROTOCOL.md, section 1"), [
    { page: "PROTOCOL.md", headings: [], section: 1 },
  ]);
});

Deno.test("citationsOf() passes over files that a program makes or is given", () => {
  assert.deepEqual(citationsOf('join(folder, "study.md"), `${folder}/x.md`, "/pages/y.md"'), []);
});

Deno.test("a citation of an absent page, heading or section is a problem", () => {
  const of = (text: string) =>
    citationsOf(text).map((citation) => problemOf(citation, "lib/sandbox/session.ts"));
  assert.deepEqual(of("algorithm.md 3.2"), ["there is no page algorithm.md"]);
  assert.deepEqual(of("docs/evaluation.md 3"), ["docs/evaluation.md has no section 3"]);
  assert.deepEqual(of('docs/search.md, "Roll-out"'), ['docs/search.md has no heading "Roll-out"']);
  assert.deepEqual(of('docs/search.md, "Backup"; PROTOCOL.md 4'), [null, null]);
});
