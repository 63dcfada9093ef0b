import { useEffect, useState } from "preact/hooks";
import type { TreeColumns } from "../api.ts";
import { download, treePng, treeSvg } from "./download.ts";
import { fetchJson } from "./fetch_json.ts";
import { NodePanel } from "./node_panel.tsx";
import type { Route } from "./route.ts";
import { TreePicture } from "./tree_picture.tsx";

/** What a page of one tree, or of two, is told. */
export interface TreePageProps {
  readonly tree: string;
  readonly beside: string | null;
  readonly node: number;
  readonly go: (change: Partial<Route>) => void;
}

/** One tree with its chosen node; or the same problem's trees of two rounds side by side. */
export function TreePage({ tree, beside, node, go }: TreePageProps) {
  const [columns, failure] = useTree(tree);
  const [other, otherFailure] = useTree(beside);
  const [folded, fold] = useFolded(tree);
  const [besideNode, setBesideNode] = useState(0);
  const [otherFolded, foldOther] = useFolded(beside ?? "");
  if (failure !== null) return <p class="banner">{failure}</p>;
  if (columns === null) return <p>Loading …</p>;
  const choose = (chosen: number) => go({ node: chosen });
  return (
    <main>
      <p>
        <strong>{columns.problem}</strong>
        {columns.level === null ? "" : `, level ${columns.level}`}, {columns.run} round{" "}
        {columns.round}, seed {columns.seed}, {columns.id.length} nodes,{" "}
        {columns.solved ? "solved" : "not solved"} (stopped: {columns.stop.replace("_", " ")})
      </p>
      <details open>
        <summary>Problem; the reference answer is {columns.reference}</summary>
        <pre tabIndex={0}>{columns.question}</pre>
      </details>
      <div class="tools">
        <label>
          Compare with{" "}
          <select
            value={beside ?? ""}
            onChange={(event) => go({ beside: event.currentTarget.value || null })}
          >
            <option value="">nothing</option>
            {columns.others.filter((one) => one.tree !== tree).map((one) => (
              <option key={one.tree} value={one.tree}>{one.label}</option>
            ))}
          </select>
        </label>
        <Downloads columns={columns} folded={folded} />
      </div>
      {otherFailure !== null && <p class="banner">{otherFailure}</p>}
      <div class={other === null ? "workspace" : "workspace two"}>
        <TreePicture
          columns={columns}
          chosen={node}
          folded={folded}
          onChoose={choose}
          onFold={fold}
        />
        {other !== null && (
          <TreePicture
            columns={other}
            chosen={besideNode}
            folded={otherFolded}
            onChoose={setBesideNode}
            onFold={foldOther}
          />
        )}
        <NodePanel tree={tree} node={node} onChoose={choose} />
        {other !== null && (
          <NodePanel tree={other.tree} node={besideNode} onChoose={setBesideNode} />
        )}
      </div>
    </main>
  );
}

function useTree(tree: string | null): readonly [TreeColumns | null, string | null] {
  const [columns, setColumns] = useState<TreeColumns | null>(null);
  const [failure, setFailure] = useState<string | null>(null);
  useEffect(() => {
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

function useFolded(tree: string): readonly [ReadonlySet<number>, (node: number) => void] {
  const [folded, setFolded] = useState<ReadonlySet<number>>(new Set());
  useEffect(() => setFolded(new Set()), [tree]);
  const toggle = (node: number) => {
    const next = new Set(folded);
    if (!next.delete(node)) next.add(node);
    setFolded(next);
  };
  return [folded, toggle];
}

function Downloads({ columns, folded }: {
  readonly columns: TreeColumns;
  readonly folded: ReadonlySet<number>;
}) {
  const name = `tree-${columns.tree}`;
  const svg = () => treeSvg(columns, folded);
  return (
    <>
      <button
        type="button"
        onClick={() => download(new Blob([svg()], { type: "image/svg+xml" }), `${name}.svg`)}
      >
        SVG
      </button>
      <button type="button" onClick={async () => download(await treePng(svg()), `${name}.png`)}>
        PNG
      </button>
      <button
        type="button"
        onClick={() =>
          download(
            new Blob([JSON.stringify(columns)], { type: "application/json" }),
            `${name}.json`,
          )}
      >
        JSON
      </button>
    </>
  );
}
