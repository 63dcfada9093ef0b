/** Reference of what can be asked: tables, views and named analyses, as text. `docs/sql.md` is this. */
import { z } from "zod";
import { ANALYSES } from "./analyses/catalogue.ts";
import { openMemory } from "./_database.ts";
import { migrate } from "./_migrate.ts";
import { VIEWS } from "./views/catalogue.ts";

/** Meaning of a row of each table. Views are made for reading; tables hold what they leave out. */
const TABLES: Readonly<Record<string, string>> = {
  run: "A run: a name and a specification.",
  session: "A process that opened a run, and what it ran with.",
  round: "State of a round of self-training.",
  problem: "A question with its reference answer.",
  tree:
    "A finished search tree. tree_id holds run, round, problem and seed (8, 4, 24 and 12 bits).",
  node: "A node of a tree.",
  rollout: "A rollout of a tree, in order: the node it ended at and the value it backed up.",
  node_score:
    "A node's score by a reward model that did not guide its search; scorer is its artifact.",
  attempt: "A tree that a failure of the machinery left unfinished.",
  evaluation: "An evaluation: suite, mode, checkpoints, settings.",
  eval_sample: "A sample of an evaluation.",
  verdict: "What a grader said of a sample.",
  artifact: "A checkpoint or an exported file.",
  artifact_parent: "What an artifact was made from.",
  metric: "A point of a training curve, or what was measured at its end.",
  load_sample: "A measurement of load while a run was going on.",
  reply: "A recorded reply of an endpoint.",
};

const Column = z.object({ table_name: z.string(), column_name: z.string(), data_type: z.string() });
type Column = z.infer<typeof Column>;

async function allColumns(): Promise<ReadonlyMap<string, readonly Column[]>> {
  using database = await openMemory(":memory:");
  await migrate(database);
  const rows = await database.rows(
    `SELECT table_name, column_name, data_type FROM duckdb_columns() WHERE schema_name = 'main' AND NOT internal
     ORDER BY table_name, column_index`,
  );
  return Map.groupBy(rows.map((row) => Column.parse(row)), (column) => column.table_name);
}

/** Names of everything that can be asked, for completion: tables, views, and the columns of both. */
export async function sqlNames(): Promise<readonly string[]> {
  const columns = await allColumns();
  const names = [...columns].flatMap(([table, of]) => [table, ...of.map((c) => c.column_name)]);
  return [...new Set([...names, "path_of"])].sort();
}

/** The reference as Markdown. */
export async function sqlReference(): Promise<string> {
  const columns = await allColumns();
  const lines = [
    "# What can be asked",
    "",
    "<!-- Made by `deno task sql --docs > docs/sql.md`; a test compares. -->",
    "",
    "`deno task sql` opens a database read-only and sees no other file. Names of tables, views and columns are kept stable. `--format",
    "table|csv|json|parquet`, `--file FILE`, standard input, or, on a terminal, an interactive mode. Any program that speaks DuckDB (1.4 or",
    "later) opens the file as well, while no process writes it; `deno task runs snapshot FILE` makes a copy.",
    "",
    "```",
    'deno task sql "select depth, count(*), avg(q_value) from steps group by all order by 1"',
    "deno task sql suspect-labels --run NAME --limit 50",
    'deno task sql "from trajectories where correct" --format parquet --out right.parquet',
    "```",
    "",
    "## Named analyses",
    "",
    "`deno task sql NAME`, with `--run NAME` and `--round N` where one run or round is meant, and `--limit N` for those that rank.",
    "",
    ...ANALYSES.flatMap(({ name, sentence, counting, parameters }) => [
      `### ${name}`,
      "",
      sentence,
      "",
      counting,
      "",
      `Options: ${parameters.map((parameter) => `\`--${parameter}\``).join(", ")}.`,
      "",
    ]),
    "## Views",
    "",
    ...VIEWS.flatMap((view) => [
      `### ${view.name}`,
      "",
      view.sentence,
      "",
      "| column | type | |",
      "|---|---|---|",
      ...(columns.get(view.name) ?? []).map(({ column_name, data_type }) =>
        `| ${column_name} | ${shortType(data_type)} | ${view.columns[column_name] ?? ""} |`
      ),
      "",
      "```sql",
      view.example,
      "```",
      "",
    ]),
    "### path_of(tree_id, node_id)",
    "",
    "The nodes from the first step to a node, in order: `select depth, step_text from path_of(TREE_ID, NODE_ID)`.",
    "",
    "## Tables",
    "",
    "Views show what people ask for; tables hold what they leave out.",
    "",
    ...Object.entries(TABLES).flatMap(([name, sentence]) => [
      `- **${name}**: ${sentence} ${
        (columns.get(name) ?? []).map(({ column_name }) => `\`${column_name}\``).join(", ")
      }`,
    ]),
    "",
  ];
  return lines.join("\n");
}

/** Names of closed sets would fill the table; what they hold is said where it matters. */
function shortType(type: string): string {
  return type.startsWith("ENUM") ? "text" : type === "VARCHAR" ? "text" : type.toLowerCase();
}
