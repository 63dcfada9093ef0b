import { useEffect, useState } from "preact/hooks";
import type { RunRow, Sort, TreePage, TreeRow } from "../api.ts";
import { fetchJson } from "./fetch_json.ts";
import { FilterForm } from "./filter_form.tsx";
import { type Go, type Route, routeHash } from "./route.ts";

/** Rows of one page of the list. */
const PAGE = 50;

/** What the list is told. */
export interface TreeListProps {
  readonly runs: readonly RunRow[];
  readonly filter: Route["filter"];
  /** Another one whenever there may be more to list; empty while nothing can be read. */
  readonly version: string;
  readonly go: Go;
}

/** The trees of the runs: filtered, ordered, a page at a time. */
export function TreeList({ runs, filter, version, go }: TreeListProps) {
  const [page, failure] = usePage(filter, version);
  const errors = useErrors(version);
  const offset = Number(filter["offset"] ?? 0);
  const change = (changes: Route["filter"]) =>
    go((now) => ({ filter: { ...now.filter, offset: "", ...changes } }));
  return (
    <main>
      <FilterForm
        runs={runs}
        errors={errors}
        filter={filter}
        change={(name, value) => change({ [name]: value })}
      />
      {failure !== null && version !== "" && <p class="banner" role="alert">{failure}</p>}
      {page !== null && (
        <>
          <Pager page={page} offset={offset} onOffset={(to) => change({ offset: String(to) })} />
          {page.rows.length > 0 && <Rows rows={page.rows} filter={filter} change={change} />}
        </>
      )}
    </main>
  );
}

function usePage(
  filter: Route["filter"],
  version: string,
): readonly [TreePage | null, string | null] {
  const [page, setPage] = useState<TreePage | null>(null);
  const [failure, setFailure] = useState<string | null>(null);
  useEffect(() => {
    if (version === "") return;
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
  return [page, failure];
}

/** What steps failed of, to choose from. */
function useErrors(version: string): readonly string[] {
  const [errors, setErrors] = useState<readonly string[]>([]);
  useEffect(() => {
    if (version === "") return;
    fetchJson<readonly string[]>("/api/errors").then(setErrors, () => {
      // The list, which is asked for at the same time, says what is wrong.
    });
  }, [version]);
  return errors;
}

function Pager({ page, offset, onOffset }: {
  readonly page: TreePage;
  readonly offset: number;
  readonly onOffset: (offset: number) => void;
}) {
  const shown = page.rows.length;
  const number = (value: number) => value.toLocaleString("en-US");
  return (
    <p class="pager">
      <span class="soft" role="status">
        {shown === 0
          ? "No tree matches"
          : `${number(offset + 1)} to ${number(offset + shown)} of ${number(page.total)} trees`}
      </span>
      <button
        type="button"
        disabled={offset === 0}
        onClick={() => onOffset(Math.max(0, offset - PAGE))}
      >
        Previous
      </button>
      <button
        type="button"
        disabled={offset + PAGE >= page.total}
        onClick={() => onOffset(offset + PAGE)}
      >
        Next
      </button>
    </p>
  );
}

interface Column {
  readonly title: string;
  /** `null` for what the list cannot be ordered by. */
  readonly sort: Sort | null;
  readonly isNumber: boolean;
  readonly cell: (row: TreeRow) => string | number;
}

const COLUMNS: readonly Column[] = [
  { title: "run", sort: null, isNumber: false, cell: ({ run }) => run },
  { title: "round", sort: null, isNumber: true, cell: ({ round }) => round },
  { title: "seed", sort: null, isNumber: true, cell: ({ seed }) => seed },
  { title: "level", sort: "level", isNumber: true, cell: ({ level }) => level ?? "–" },
  { title: "solved", sort: "solved", isNumber: false, cell: ({ solved }) => solved ? "yes" : "no" },
  { title: "best Q", sort: "q", isNumber: true, cell: ({ q }) => q === null ? "–" : q.toFixed(2) },
  {
    title: "right / wrong",
    sort: null,
    isNumber: true,
    cell: ({ right, wrong }) => `${right} / ${wrong}`,
  },
  {
    title: "first right at",
    sort: null,
    isNumber: true,
    cell: ({ firstCorrect }) => firstCorrect ?? "–",
  },
  { title: "rollouts", sort: "rollouts", isNumber: true, cell: ({ rollouts }) => rollouts },
  { title: "nodes", sort: "nodes", isNumber: true, cell: ({ nodes }) => nodes },
  {
    title: "tokens",
    sort: "tokens",
    isNumber: true,
    cell: ({ tokens }) => tokens.toLocaleString("en-US"),
  },
  { title: "question", sort: null, isNumber: false, cell: ({ question }) => question },
];

function Rows({ rows, filter, change }: {
  readonly rows: readonly TreeRow[];
  readonly filter: Route["filter"];
  readonly change: (changes: Route["filter"]) => void;
}) {
  return (
    <div class="wide">
      <table onKeyDown={moveAmongRows}>
        <thead>
          <tr>
            <Heading title="problem" sort="problem" filter={filter} change={change} />
            {COLUMNS.map((column) => (
              <Heading key={column.title} {...column} filter={filter} change={change} />
            ))}
          </tr>
        </thead>
        <tbody>
          {rows.map((row) => (
            <tr key={row.tree}>
              <th scope="row">
                <a href={linkTo(row.tree, filter)}>{row.problem}</a>
              </th>
              {COLUMNS.map(({ title, isNumber, cell }) => (
                <td key={title} class={isNumber ? "number" : title}>{cell(row)}</td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

function linkTo(tree: string, filter: Route["filter"]): string {
  return routeHash({ tree, beside: null, node: 0, besideNode: 0, filter });
}

function Heading({ title, sort, isNumber = false, filter, change }: {
  readonly title: string;
  readonly sort: Sort | null;
  readonly isNumber?: boolean;
  readonly filter: Route["filter"];
  readonly change: (changes: Route["filter"]) => void;
}) {
  const style = isNumber ? "number" : "";
  if (sort === null) return <th scope="col" class={style}>{title}</th>;
  const isChosen = (filter["sort"] ?? "problem") === sort;
  const isDown = isChosen && filter["descending"] === "1";
  // A second press turns the order round.
  const order = () => change({ sort, descending: isChosen && !isDown ? "1" : "" });
  return (
    <th
      scope="col"
      class={style}
      aria-sort={isChosen ? isDown ? "descending" : "ascending" : "none"}
    >
      <button type="button" onClick={order}>
        {title}
        <span aria-hidden="true">{isChosen ? isDown ? " ▼" : " ▲" : ""}</span>
      </button>
    </th>
  );
}

/** Up and down go from one tree to the next; Enter opens it, as on every link. */
function moveAmongRows(event: KeyboardEvent): void {
  if (event.key !== "ArrowDown" && event.key !== "ArrowUp") return;
  const table = event.currentTarget;
  if (!(table instanceof HTMLTableElement)) return;
  const links = [...table.querySelectorAll("a")];
  const here = links.findIndex((link) => link === document.activeElement);
  const next = links[here + (event.key === "ArrowDown" ? 1 : -1)];
  if (next === undefined) return;
  next.focus();
  event.preventDefault();
}
