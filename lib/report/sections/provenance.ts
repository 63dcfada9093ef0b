import { z } from "zod";
import { optionalText, readRows, type ReportContext } from "../_context.ts";
import { clipOrNull, prettyJson } from "../_text.ts";
import type { Block, Section } from "../document.ts";

const runRow = z.object({
  name: z.string(),
  command: z.string(),
  created_at: z.string(),
  trees: z.number(),
  solved_trees: z.number(),
  sessions: z.number(),
  spec_hash: z.string(),
});

const sessionRow = z.object({
  session: z.number(),
  started_at: z.string(),
  code_rev: optionalText,
  sandbox_tier: optionalText,
  seed: z.union([z.number(), z.string()]).nullable(),
  packages: z.string(),
  models: z.string(),
  config: z.string(),
  spec: z.string(),
});

const sourceRow = z.object({ source: z.string(), problems: z.number() });

/** Section on what ran: the runs of the file; and of the reported run every session, its models, settings and specification. */
export async function provenanceSection({ reader, run }: ReportContext): Promise<Section> {
  const runs = await readRows(reader, runRow, {
    sql:
      `SELECT name, command, created_at::VARCHAR AS created_at, trees, solved_trees, sessions, spec_hash
      FROM runs ORDER BY run_no`,
  });
  const sessions = await readRows(reader, sessionRow, {
    sql:
      `SELECT s.session_no AS session, s.started_at::VARCHAR AS started_at, s.code_rev, s.sandbox_tier, s.seed,
        s.packages::VARCHAR AS packages, s.models::VARCHAR AS models, s.config::VARCHAR AS config, r.spec::VARCHAR AS spec
      FROM session s JOIN run r USING (run_no) WHERE r.name = $1 ORDER BY s.session_no`,
    parameters: [run],
  });
  const sources = await readRows(reader, sourceRow, {
    sql: `SELECT source, count(*) AS problems FROM problem
      SEMI JOIN (SELECT problem_no FROM tree JOIN run USING (run_no) WHERE name = $1) USING (problem_no)
      GROUP BY ALL ORDER BY source`,
    parameters: [run],
  });
  const last = sessions.at(-1);
  return {
    id: "provenance",
    title: "What ran",
    lead:
      "The runs of this file, and what the reported one ran with: one row each time that a process opened it.",
    blocks: [
      {
        type: "table",
        id: "runs",
        title: "Runs of the file",
        columns: [
          { key: "name", label: "run", format: "text" },
          { key: "command", label: "command", format: "text" },
          { key: "created_at", label: "begun (UTC)", format: "text" },
          { key: "trees", label: "trees", format: "integer" },
          { key: "solved_trees", label: "solved", format: "integer" },
          { key: "spec_hash", label: "specification", format: "code" },
        ],
        rows: runs.map((row) => ({ ...row, spec_hash: row.spec_hash.slice(0, 12) })),
      },
      {
        type: "table",
        id: "sessions",
        title: "Sessions of the run",
        columns: [
          { key: "started_at", label: "begun (UTC)", format: "text" },
          { key: "code_rev", label: "revision", format: "code" },
          { key: "sandbox_tier", label: "sandbox", format: "text" },
          { key: "seed", label: "seed", format: "text" },
        ],
        rows: sessions.map(({ started_at, code_rev, sandbox_tier, seed }) => ({
          started_at,
          code_rev: clipOrNull(code_rev, 80),
          sandbox_tier,
          seed: seed === null ? null : String(seed),
        })),
      },
      {
        type: "table",
        id: "sources",
        title: "Problems by source",
        columns: [
          { key: "source", label: "source", format: "text" },
          { key: "problems", label: "problems", format: "integer" },
        ],
        rows: sources,
      },
      ...(last === undefined ? [] : verbatims(last)),
    ],
  };
}

function verbatims(session: z.output<typeof sessionRow>): readonly Block[] {
  return ([
    ["Specification: everything that changes the meaning of a tree", session.spec],
    ["Models, as their servers describe them", session.models],
    ["Packages", session.packages],
    ["Settings of the last session", session.config],
  ] as const).map(([title, text]) => ({ type: "verbatim", title, text: prettyJson(text) }));
}
