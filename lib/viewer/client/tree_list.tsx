import { useEffect, useLayoutEffect, useRef, useState } from "preact/hooks";
import type { RunRow, Sort, TreePage, TreeRow } from "../api.ts";
import { fetchJson } from "./fetch_json.ts";
import { FilterForm } from "./filter_form.tsx";
import { type Go, type Route, routeHash } from "./route.ts";
import { wholeNumber } from "./texts.ts";

/** Rows of one page of the list. */
const PAGE = 50;

/** Properties of the list. */
export interface TreeListProps {
  readonly runs: readonly RunRow[];
  readonly filter: Route["filter"];
  /** Another one whenever there may be more to list. */
  readonly revision: number;
  /** Whether the database can be read; the page says why not. */
  readonly isReadable: boolean;
  readonly go: Go;
}

/** The trees of the runs: filtered, ordered, a page at a time. */
export function TreeList({ runs, filter, revision, isReadable, go }: TreeListProps) {
  const [page, failure] = usePage(filter, revision);
  const [errors, askErrors] = useErrors(revision, page !== null);
  const change = (changes: Route["filter"]) =>
    go((now) => ({ filter: { ...now.filter, after: "", before: "", ...changes } }));
  return (
    <main>
      <FilterForm
        runs={runs}
        errors={errors}
        onAskErrors={askErrors}
        filter={filter}
        change={(name, value) => change({ [name]: value })}
      />
      {failure !== null && isReadable && <p class="banner" role="alert">{failure}</p>}
      {page !== null && (
        <>
          <Pager page={page} change={change} />
          {page.rows.length > 0 && <Rows rows={page.rows} filter={filter} change={change} />}
        </>
      )}
    </main>
  );
}

function usePage(
  filter: Route["filter"],
  revision: number,
): readonly [TreePage | null, string | null] {
  const [page, setPage] = useState<TreePage | null>(null);
  const [failure, setFailure] = useState<string | null>(null);
  useLayoutEffect(() => {
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
  }, [JSON.stringify(filter), revision]);
  return [page, failure];
}

/**
 * Reasons why steps failed, to choose from, and a function that asks for them anew where there may be more. Every node is read, so they are
 * asked for after the list has come, and then only when somebody is about to choose.
 */
function useErrors(
  revision: number,
  isListed: boolean,
): readonly [readonly string[], () => void] {
  const [errors, setErrors] = useState<readonly string[]>([]);
  const asked = useRef<number | null>(null);
  const ask = () => {
    if (asked.current === revision) return;
    asked.current = revision;
    fetchJson<readonly string[]>("/api/errors").then(setErrors, () => {
      // The list says what is wrong; the next look at the choice asks again.
      asked.current = null;
    });
  };
  useEffect(() => {
    if (isListed) ask();
  }, [isListed]);
  return [errors, ask];
}

function Pager({ page, change }: {
  readonly page: TreePage;
  readonly change: (changes: Route["filter"]) => void;
}) {
  const { total, first, rows } = page;
  return (
    <p class="pager">
      <span class="soft" role="status">
        {rows.length === 0
          ? "No tree matches"
          : `${wholeNumber(first + 1)} to ${wholeNumber(first + rows.length)} of ${
            wholeNumber(total)
          } trees`}
      </span>
      <button
        type="button"
        disabled={first === 0}
        onClick={() => change({ before: rows[0]?.tree ?? "" })}
      >
        Previous
      </button>
      <button
        type="button"
        disabled={first + rows.length >= total}
        onClick={() => change({ after: rows.at(-1)?.tree ?? "" })}
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
    cell: ({ tokens }) => wholeNumber(tokens),
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
