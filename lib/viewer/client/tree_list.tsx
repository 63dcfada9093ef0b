import { useEffect, useState } from "preact/hooks";
import type { RunRow, Sort, TreePage, TreeRow } from "../api.ts";
import { fetchJson } from "./fetch_json.ts";
import type { Route } from "./route.ts";

/** Rows of one page of the list. */
const PAGE = 50;

/** What the list is told. */
export interface TreeListProps {
  readonly runs: readonly RunRow[];
  readonly filter: Route["filter"];
  /** Changes whenever the database holds more. */
  readonly version: string;
  readonly go: (change: Partial<Route>) => void;
}

const COLUMNS: readonly {
  readonly title: string;
  readonly sort: Sort | null;
  readonly isNumber: boolean;
}[] = [
  { title: "problem", sort: "problem", isNumber: false },
  { title: "level", sort: "level", isNumber: true },
  { title: "seed", sort: null, isNumber: true },
  { title: "solved", sort: "solved", isNumber: false },
  { title: "best Q", sort: "q", isNumber: true },
  { title: "right / wrong", sort: null, isNumber: true },
  { title: "rollouts", sort: "rollouts", isNumber: true },
  { title: "nodes", sort: "nodes", isNumber: true },
  { title: "tokens", sort: "tokens", isNumber: true },
  { title: "question", sort: null, isNumber: false },
];

/** The trees of the runs: filtered, ordered, a page at a time. */
export function TreeList({ runs, filter, version, go }: TreeListProps) {
  const [page, setPage] = useState<TreePage | null>(null);
  const [failure, setFailure] = useState<string | null>(null);
  useEffect(() => {
    let isWanted = true;
    fetchJson<TreePage>("/api/trees", { ...filter, limit: PAGE }).then(
      (loaded) => {
        if (!isWanted) return;
        setPage(loaded);
        setFailure(null);
      },
      (error: Error) => isWanted && setFailure(error.message),
    );
    return () => {
      isWanted = false;
    };
  }, [JSON.stringify(filter), version]);
  const change = (name: string, value: string) =>
    go({ filter: { ...filter, offset: "", [name]: value } });
  const offset = Number(filter["offset"] ?? 0);
  return (
    <main>
      <Filter runs={runs} filter={filter} change={change} />
      {failure !== null && <p class="banner">{failure}</p>}
      {page !== null && (
        <>
          <p class="soft" aria-live="polite">
            {page.total === 0
              ? "No tree matches"
              : `${offset + 1} to ${offset + page.rows.length} of ${page.total} trees`}{" "}
            <button
              type="button"
              disabled={offset === 0}
              onClick={() => change("offset", String(Math.max(0, offset - PAGE)))}
            >
              previous
            </button>{" "}
            <button
              type="button"
              disabled={offset + PAGE >= page.total}
              onClick={() => change("offset", String(offset + PAGE))}
            >
              next
            </button>
          </p>
          <Rows rows={page.rows} filter={filter} change={change} go={go} />
        </>
      )}
    </main>
  );
}

function Filter({ runs, filter, change }: {
  readonly runs: readonly RunRow[];
  readonly filter: Route["filter"];
  readonly change: (name: string, value: string) => void;
}) {
  const rounds = [...new Set(runs.flatMap((run) => run.rounds))].sort((a, b) => a - b);
  const choice = (name: string, label: string, options: readonly (readonly [string, string])[]) => (
    <label>
      {label}
      <select
        name={name}
        value={filter[name] ?? ""}
        onChange={(event) => change(name, event.currentTarget.value)}
      >
        {options.map(([value, shown]) => <option key={value} value={value}>{shown}</option>)}
      </select>
    </label>
  );
  const text = (name: string, label: string, size: number) => (
    <label>
      {label}
      <input
        name={name}
        size={size}
        value={filter[name] ?? ""}
        onChange={(event) => change(name, event.currentTarget.value)}
      />
    </label>
  );
  return (
    <form class="filter" onSubmit={(event) => event.preventDefault()}>
      {choice("run", "run", [["", "all"], ...runs.map(({ run }) => [run, run] as const)])}
      {choice("round", "round", [["", "all"], ...rounds.map((n) => [`${n}`, `${n}`] as const)])}
      {choice("solved", "solved", [["", "all"], ["yes", "yes"], ["no", "no"]])}
      {text("level", "level", 4)}
      {text("minQ", "best Q from", 6)}
      {text("minVisits", "rollouts from", 6)}
      {text("error", "error kind", 12)}
      {text("text", "problem contains", 20)}
    </form>
  );
}

function Rows({ rows, filter, change, go }: {
  readonly rows: readonly TreeRow[];
  readonly filter: Route["filter"];
  readonly change: (name: string, value: string) => void;
  readonly go: (change: Partial<Route>) => void;
}) {
  const isDown = filter["descending"] === "1";
  const order = (sort: Sort) => {
    if (filter["sort"] === sort) change("descending", isDown ? "" : "1");
    else change("sort", sort);
  };
  return (
    <table>
      <thead>
        <tr>
          {COLUMNS.map(({ title, sort, isNumber }) => (
            <th
              key={title}
              class={isNumber ? "number" : ""}
              aria-sort={sort !== null && filter["sort"] === sort
                ? isDown ? "descending" : "ascending"
                : "none"}
            >
              {sort === null
                ? title
                : <button type="button" onClick={() => order(sort)}>{title}</button>}
            </th>
          ))}
        </tr>
      </thead>
      <tbody>
        {rows.map((row) => (
          <tr key={row.tree}>
            <td>
              <a
                href={`#tree=${row.tree}`}
                onClick={(event) => {
                  event.preventDefault();
                  go({ tree: row.tree, node: 0, beside: null });
                }}
              >
                {row.problem}
              </a>
            </td>
            <td class="number">{row.level ?? "–"}</td>
            <td class="number">{row.seed}</td>
            <td>{row.solved ? "yes" : "no"}</td>
            <td class="number">{row.q === null ? "–" : row.q.toFixed(2)}</td>
            <td class="number">{row.right} / {row.wrong}</td>
            <td class="number">{row.rollouts}</td>
            <td class="number">{row.nodes}</td>
            <td class="number">{row.tokens}</td>
            <td class="question">{row.question}</td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}
