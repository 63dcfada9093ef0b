import { useState } from "preact/hooks";
import type { NodeDetail, TreeColumns } from "../api.ts";
import { download, treePng, treeSvg } from "./download.ts";
import { fetchJson } from "./fetch_json.ts";

/** Buttons that save the tree: as it is drawn, or everything that is known of it. */
export function Downloads({ columns, folded }: {
  readonly columns: TreeColumns;
  readonly folded: ReadonlySet<number>;
}) {
  const [failure, setFailure] = useState<string | null>(null);
  const save = (extension: string, make: () => Promise<Blob>) => async () => {
    try {
      setFailure(null);
      download(await make(), `tree-${columns.tree}.${extension}`);
    } catch (error) {
      setFailure(error instanceof Error ? error.message : String(error));
    }
  };
  const svg = () => treeSvg(columns, folded);
  const asSvg = () => Promise.resolve(new Blob([svg()], { type: "image/svg+xml" }));
  return (
    <span>
      Save as <button type="button" onClick={save("svg", asSvg)}>SVG</button>{" "}
      <button type="button" onClick={save("png", () => treePng(svg()))}>PNG</button>{" "}
      <button type="button" onClick={save("json", () => treeJson(columns))}>JSON</button>
      {failure !== null && <span role="alert">{failure}</span>}
    </span>
  );
}

/** Problem, search and every node with its texts. */
async function treeJson(columns: TreeColumns): Promise<Blob> {
  const { tree, run, round, seed, problem, question, reference, level, solved, stop } = columns;
  const nodes = await fetchJson<readonly NodeDetail[]>("/api/nodes", { tree });
  const all = { tree, run, round, seed, problem, question, reference, level, solved, stop, nodes };
  return new Blob([JSON.stringify(all, null, 1)], { type: "application/json" });
}
