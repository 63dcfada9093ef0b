import { useEffect, useLayoutEffect, useState } from "preact/hooks";
import type { TreeColumns } from "../api.ts";
import { Downloads } from "./downloads.tsx";
import { fetchJson } from "./fetch_json.ts";
import { NodePanel } from "./node_panel.tsx";
import type { Go } from "./route.ts";
import { wholeNumber, words } from "./texts.ts";
import { TreePicture } from "./tree_picture.tsx";

/** Properties of a page of one tree, or of two. */
export interface TreePageProps {
  readonly tree: string;
  readonly beside: string | null;
  readonly node: number;
  readonly besideNode: number;
  readonly go: Go;
}

/** One tree with its chosen node; or two trees of the same problem, of two rounds or seeds, side by side. */
export function TreePage({ tree, beside, node, besideNode, go }: TreePageProps) {
  const [columns, failure] = useTree(tree);
  const [other, otherFailure] = useTree(beside);
  const [folded, fold] = useFolded(tree);
  const [otherFolded, foldOther] = useFolded(beside);
  if (failure !== null) {
    return (
      <main>
        <p class="banner" role="alert">{failure}</p>
      </main>
    );
  }
  const choose = (chosen: number) => go({ node: chosen });
  const chooseOther = (chosen: number) => go({ besideNode: chosen });
  return (
    <main class={other === null ? "tree" : ""}>
      {columns === null ? <p>Loading …</p> : (
        <>
          <ProblemOf columns={columns} />
          <div class="tools">
            {columns.others.length > 0 && <Compare columns={columns} beside={beside} go={go} />}
            <Downloads columns={columns} folded={folded} />
          </div>
        </>
      )}
      {otherFailure !== null && <p class="banner" role="alert">{otherFailure}</p>}
      <div class={other === null ? "workspace" : "workspace two"}>
        {columns === null ? <section class="picture" /> : (
          <TreePicture
            columns={columns}
            title={titleOf(columns)}
            chosen={node}
            folded={folded}
            onChoose={choose}
            onFold={fold}
          />
        )}
        {other !== null && (
          <TreePicture
            columns={other}
            title={titleOf(other)}
            chosen={besideNode}
            folded={otherFolded}
            onChoose={chooseOther}
            onFold={foldOther}
          />
        )}
        {/* It does not wait for the tree. */}
        <NodePanel tree={tree} node={node} onChoose={choose} />
        {other !== null && <NodePanel tree={other.tree} node={besideNode} onChoose={chooseOther} />}
      </div>
    </main>
  );
}

function ProblemOf({ columns }: { readonly columns: TreeColumns }) {
  return (
    <details class="problem" open>
      <summary>
        <strong>{columns.problem}</strong>
        {columns.level === null ? "" : `, level ${columns.level}`}; reference answer{" "}
        <strong class="answer">{columns.reference}</strong>
      </summary>
      <p class="question" tabIndex={0}>{columns.question}</p>
    </details>
  );
}

function Compare({ columns, beside, go }: {
  readonly columns: TreeColumns;
  readonly beside: string | null;
  readonly go: Go;
}) {
  return (
    <label>
      Compare with{" "}
      <select
        name="beside"
        value={beside ?? ""}
        onChange={(event) => go({ beside: event.currentTarget.value || null, besideNode: 0 })}
      >
        <option value="">nothing</option>
        {columns.others.map((one) => <option key={one.tree} value={one.tree}>{one.label}</option>)}
      </select>
    </label>
  );
}

function titleOf({ run, round, seed, id, solved, stop }: TreeColumns): string {
  const outcome = solved ? "solved" : "not solved";
  return `${run} round ${round} seed ${seed}: ${
    wholeNumber(id.length)
  } nodes, ${outcome}, stopped: ${words(stop)}`;
}

function useTree(tree: string | null): readonly [TreeColumns | null, string | null] {
  const [columns, setColumns] = useState<TreeColumns | null>(null);
  const [failure, setFailure] = useState<string | null>(null);
  // Not after the first paint, as other effects: what is asked for need not wait for it.
  useLayoutEffect(() => {
    setColumns(null);
    setFailure(null);
    if (tree === null) return;
    let isWanted = true;
    fetchJson<TreeColumns>("/api/tree", { tree }).then(
      (loaded) => isWanted && setColumns(loaded),
      (error: Error) => isWanted && setFailure(error.message),
    );
    return () => {
      isWanted = false;
    };
  }, [tree]);
  return [columns, failure];
}

/** Nodes whose branches are folded away, and what folds and unfolds one. */
function useFolded(tree: string | null): readonly [ReadonlySet<number>, (node: number) => void] {
  const [folded, setFolded] = useState<ReadonlySet<number>>(new Set());
  useEffect(() => setFolded(new Set()), [tree]);
  const toggle = (node: number) => {
    const next = new Set(folded);
    if (!next.delete(node)) next.add(node);
    setFolded(next);
  };
  return [folded, toggle];
}
