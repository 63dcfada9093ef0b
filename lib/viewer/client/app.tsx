import { useEffect, useState } from "preact/hooks";
import type { RunRow, VersionReply } from "../api.ts";
import { fetchJson } from "./fetch_json.ts";
import { useRoute } from "./route.ts";
import { TreeList } from "./tree_list.tsx";
import { TreePage } from "./tree_page.tsx";

/** How often the page asks whether there is more to show, in milliseconds. */
const POLL_MS = 2000;

/** The page. */
export function App() {
  const [route, go] = useRoute();
  const [version, problem] = useVersion();
  const [runs, setRuns] = useState<readonly RunRow[]>([]);
  useEffect(() => {
    if (version === "") return;
    fetchJson<readonly RunRow[]>("/api/runs").then(setRuns, () => {
      // The next poll says what is wrong.
    });
  }, [version]);
  const trees = runs.reduce((sum, run) => sum + run.trees, 0);
  return (
    <>
      <header>
        <h1>rstar</h1>
        {route.tree !== null && (
          <a
            href="#"
            onClick={(event) => {
              event.preventDefault();
              go({ tree: null, beside: null, node: 0 });
            }}
          >
            all trees
          </a>
        )}
        <span class="soft" aria-live="polite">
          {trees} trees in {runs.length} runs
        </span>
      </header>
      {problem !== null && <p class="banner" role="status">{problem}</p>}
      {route.tree === null
        ? <TreeList runs={runs} filter={route.filter} version={version} go={go} />
        : (
          <TreePage
            key={route.tree}
            tree={route.tree}
            beside={route.beside}
            node={route.node}
            go={go}
          />
        )}
    </>
  );
}

/** What the database holds now, and why it cannot be read when that is so. Asks as long as the page is seen. */
function useVersion(): readonly [string, string | null] {
  const [version, setVersion] = useState("");
  const [problem, setProblem] = useState<string | null>(null);
  useEffect(() => {
    const ask = () => {
      if (document.hidden) return;
      fetchJson<VersionReply>("/api/version").then(
        (reply) => {
          setVersion(reply.version);
          setProblem(null);
        },
        (error: Error) =>
          setProblem(
            error instanceof TypeError
              ? "The viewer has ended; start deno task view again to go on"
              : error.message,
          ),
      );
    };
    ask();
    const timer = setInterval(ask, POLL_MS);
    return () => clearInterval(timer);
  }, []);
  return [version, problem];
}
