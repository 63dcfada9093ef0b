import { z } from "zod";
import { wilsonInterval } from "../../evaluation/mod.ts";
import { groupBy, measured, readRows, type ReportContext, roundName } from "../_context.ts";
import { emptySection, type Row, type Section } from "../document.ts";

const levelRow = z.object({
  round: z.number(),
  level: measured,
  problems: z.number(),
  solved: z.number(),
});

type LevelRow = z.output<typeof levelRow>;

/** Name of the row over all levels. */
const ALL = "all";

const HEAD = { id: "coverage", title: "Solved by level" };

/** Which problems search solved, by level and round. */
export async function coverageSection({ reader, run }: ReportContext): Promise<Section> {
  const levels = await readRows(reader, levelRow, {
    sql:
      `SELECT round, level, count(*) AS problems, count(*) FILTER (solved) AS solved FROM problems
      WHERE run = $1 GROUP BY ALL ORDER BY round, level NULLS LAST`,
    parameters: [run],
  });
  if (levels.length === 0) return emptySection({ ...HEAD, lead: "The run has no finished tree." });
  const rounds = groupBy(levels, ({ round }) => round);
  const rows = [...rounds].flatMap(([round, own]) => [
    ...own.map((row) => coverageRow(row.level === null ? "none" : String(row.level), row)),
    ...(own.length > 1 ? [coverageRow(ALL, { ...total(own), round })] : []),
  ]);
  return {
    ...HEAD,
    lead:
      "A problem is solved in a round when one of its trees there found a right answer. Intervals are Wilson's, 95 %.",
    blocks: [
      {
        type: "chart",
        id: "coverage_chart",
        title: "Share of problems solved, by level",
        kind: "intervals",
        x: { label: "level", format: "text" },
        y: { label: "solved", format: "percent" },
        series: [...rounds.keys()].map((round) => ({
          name: roundName(round),
          points: levelPoints(rows.filter((row) => row.round === round)).map((row) => ({
            x: row.level,
            y: row.share,
            low: row.low,
            high: row.high,
          })),
        })),
      },
      {
        type: "table",
        id: "coverage",
        title: "Problems solved",
        columns: [
          { key: "round", label: "round", format: "integer" },
          { key: "level", label: "level", format: "text" },
          { key: "problems", label: "problems", format: "integer" },
          { key: "solved", label: "solved", format: "integer" },
          { key: "share", label: "share", format: "percent", interval: ["low", "high"] },
        ],
        rows,
      },
    ],
  };
}

type CoverageRow = ReturnType<typeof coverageRow>;

function coverageRow(level: string, { round, problems, solved }: Omit<LevelRow, "level">) {
  const { low, high } = wilsonInterval({ successes: solved, trials: problems });
  return { round, level, problems, solved, share: solved / problems, low, high } satisfies Row;
}

/** Levels alone, where there are several. */
function levelPoints(rows: readonly CoverageRow[]): readonly CoverageRow[] {
  return rows.length === 1 ? rows : rows.filter(({ level }) => level !== ALL);
}

function total(rows: readonly LevelRow[]) {
  return {
    problems: rows.reduce((sum, row) => sum + row.problems, 0),
    solved: rows.reduce((sum, row) => sum + row.solved, 0),
  };
}
