import assert from "node:assert/strict";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { Buffer } from "node:buffer";
import { gzipSync } from "node:zlib";
import { readLines } from "../../lib/datasets/_text_file.ts";
import { readProblems } from "../../lib/datasets/mod.ts";
import { withFile } from "../with_file.ts";
import { withFolder } from "../with_folder.ts";

const readParquet = () => Promise.resolve([]);

Deno.test("readLines() cuts at line feeds wherever chunks end, and keeps characters whole", async () => {
  const lines = Array.from({ length: 4000 }, (_, i) => `${i} ${"äöü€𝄞".repeat(i % 50)}`);
  await withFile("a.txt", lines.join("\n"), async (path) => {
    const read: string[] = [];
    for await (const { text, line } of readLines(path)) {
      assert.equal(line, read.push(text));
    }
    assert.deepEqual(read, lines);
  });
});

Deno.test("readLines() stops at a bound of what a file unpacks to", async () => {
  await withFile("a.jsonl.gz", gzipSync(`${"x".repeat(99)}\n`.repeat(10_000)), async (path) => {
    const read = async () => {
      for await (const _ of readLines(path, { maxBytes: 2 ** 19, maxLineBytes: 2 ** 19 }));
    };
    await assert.rejects(read(), {
      name: "DatasetError",
      message:
        `Cannot read "${path}": it unpacks to more than 0.5 MiB; split it, or write it as .jsonl or .parquet`,
    });
  });
});

Deno.test("readLines() unpacks gzip data of several members, and says where one is damaged", async () => {
  const [first, second] = ["one\n", "two\n"].map((text) => gzipSync(text));
  assert.ok(first !== undefined && second !== undefined);
  const linesOf = async (path: string) => {
    const lines: string[] = [];
    for await (const { text } of readLines(path)) lines.push(text);
    return lines;
  };
  await withFile("a.jsonl.gz", Buffer.concat([first, second]), async (path) => {
    assert.deepEqual(await linesOf(path), ["one", "two", ""]);
  });
  const broken = Uint8Array.from(second);
  broken[12] = 0xff;
  for (const damaged of [second.subarray(0, -6), broken]) {
    await withFile("a.jsonl.gz", Buffer.concat([first, damaged]), async (path) => {
      await assert.rejects(linesOf(path), {
        name: "DatasetError",
        message: /expected gzip data \(.*\); unpack it with gunzip/,
      });
    });
  }
});

Deno.test("readLines() refuses what unpacks to far more than text does, before it fills the memory", async () => {
  const row = `${JSON.stringify({ question: "q".repeat(900), answer: "1" })}\n`;
  const bomb = gzipSync(row.repeat(100_000));
  assert.ok(bomb.byteLength < 2 ** 19);
  await withFile("a.jsonl.gz", bomb, async (path) => {
    const read = async () => {
      for await (const _ of readLines(path));
    };
    await assert.rejects(read(), { message: /it unpacks to more than 64 MiB/ });
  });
});

Deno.test("readProblems() refuses a line that is too long to be a problem", async () => {
  const bomb = gzipSync(new Uint8Array(17 * 2 ** 20).fill(32));
  await withFile("a.jsonl.gz", bomb, async (path) => {
    await assert.rejects(readProblems(path, { readParquet }), {
      name: "DatasetError",
      message: /it has in line 1 more than 16 MiB/,
    });
  });
});

Deno.test("readProblems() follows no link out of the folders it may read, and says nothing of what lies there", async () => {
  await withFolder(async (granted) => {
    await withFile("secret.jsonl", "a secret, and no JSON\n", async (target) => {
      const link = join(granted, "link.jsonl");
      await Deno.symlink(target, link);
      const root = fileURLToPath(new URL("../../", import.meta.url));
      const { stdout, stderr } = await new Deno.Command(Deno.execPath(), {
        args: ["run", "--quiet", "--no-prompt", "--no-check", `--allow-read=${granted},${root}`]
          .concat(
            join(root, "tests/datasets/_read_file.ts"),
            link,
          ),
        cwd: root,
      }).output();
      const said = new TextDecoder().decode(stdout);
      assert.match(said, /out of the folders/, new TextDecoder().decode(stderr));
      assert.doesNotMatch(said, /secret/);
    });
  });
});
