import { useOverview } from "./overview.ts";
import { routeHash } from "./route.ts";
import { wholeNumber } from "./texts.ts";
import { TreeList } from "./tree_list.tsx";
import { TreePage } from "./tree_page.tsx";
import { useRoute } from "./use_route.ts";

/** The whole page: header, and the list of trees or one tree, as the route says. */
export function App() {
  const [route, go] = useRoute();
  const { runs, revision, problem } = useOverview();
  const trees = runs.reduce((sum, run) => sum + run.trees, 0);
  const list = routeHash({ ...route, tree: null, beside: null, node: 0, besideNode: 0 });
  return (
    <>
      <header>
        <h1>rstar</h1>
        {route.tree !== null && <a href={list}>All trees</a>}
        {runs.length > 0 && (
          <span class="soft" role="status">
            {count(trees, "tree")} in {count(runs.length, "run")}
          </span>
        )}
      </header>
      {problem !== null && <p class="banner" role="alert">{problem}</p>}
      {route.tree === null
        ? (
          <TreeList
            runs={runs}
            filter={route.filter}
            revision={revision}
            isReadable={problem === null}
            go={go}
          />
        )
        : (
          <TreePage
            key={route.tree}
            tree={route.tree}
            beside={route.beside}
            node={route.node}
            besideNode={route.besideNode}
            go={go}
          />
        )}
    </>
  );
}

function count(number: number, what: string): string {
  return `${wholeNumber(number)} ${what}${number === 1 ? "" : "s"}`;
}
