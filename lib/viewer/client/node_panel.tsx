import { useEffect, useState } from "preact/hooks";
import type { NodeDetail, NodeReply } from "../api.ts";
import { Code } from "./code.tsx";
import { fetchJson } from "./fetch_json.ts";

/** What the panel is told. */
export interface NodePanelProps {
  readonly tree: string;
  readonly node: number;
  readonly onChoose: (node: number) => void;
}

/** The chosen node: numbers, text, code, output, error, and its siblings. */
export function NodePanel({ tree, node, onChoose }: NodePanelProps) {
  const [reply, setReply] = useState<NodeReply | null>(null);
  const [failure, setFailure] = useState<string | null>(null);
  const load = (full: "" | "1") => {
    let isWanted = true;
    fetchJson<NodeReply>("/api/node", { tree, node, full }).then(
      (loaded) => {
        if (!isWanted) return;
        setReply(loaded);
        setFailure(null);
      },
      (error: Error) => isWanted && setFailure(error.message),
    );
    return () => isWanted = false;
  };
  useEffect(() => {
    const stop = load("");
    return () => void stop();
  }, [tree, node]);
  if (failure !== null) return <aside class="panel">{failure}</aside>;
  if (reply === null) return <aside class="panel">Loading …</aside>;
  const { siblings } = reply;
  return (
    <aside class="panel" aria-label="Chosen node">
      <Node detail={reply.node} />
      {reply.node.isCut && <button type="button" onClick={() => load("1")}>Show all of it</button>}
      {siblings.length > 1 && (
        <>
          <h2>Siblings, best first</h2>
          <Siblings all={siblings} own={reply.node.node} onChoose={onChoose} />
        </>
      )}
    </aside>
  );
}

function Node({ detail }: { readonly detail: NodeDetail }) {
  const { node, depth, kind, status, visits, q, ppm, multiplicity, tokens, milliseconds } = detail;
  const facts: readonly (readonly [string, string])[] = [
    ["kind", `${kind.replace("_", " ")}${status === "ok" ? "" : `, ${status.replace("_", " ")}`}`],
    ["depth", String(depth)],
    ["Q", number(q)],
    ["visits", String(visits)],
    ["PPM logit", number(ppm)],
    ["drawn", `${multiplicity} ×`],
    ["tokens", String(tokens)],
    ["executed in", milliseconds === null ? "–" : `${milliseconds.toFixed(1)} ms`],
    ...(detail.answer === null ? [] : [["answer", verdict(detail)] as const]),
  ];
  return (
    <>
      <h2 id="node-title" aria-live="polite">Node {node}</h2>
      <dl>
        {facts.map((
          [name, value],
        ) => [<dt key={name}>{name}</dt>, <dd key={`${name}=`}>{value}</dd>])}
      </dl>
      {detail.code === null
        ? detail.text !== "" && <pre tabIndex={0}>{detail.text}</pre>
        : <Code text={detail.code} />}
      {detail.stdout !== null && detail.stdout !== "" && (
        <>
          <h2>Output</h2>
          <pre tabIndex={0}>{detail.stdout}</pre>
        </>
      )}
      {detail.error !== null && (
        <>
          <h2>Error</h2>
          <pre tabIndex={0}>{detail.error}</pre>
        </>
      )}
    </>
  );
}

function verdict({ answer, correct }: NodeDetail): string {
  return `${answer} (${correct === null ? "not judged" : correct ? "right" : "wrong"})`;
}

function Siblings({ all, own, onChoose }: {
  readonly all: readonly NodeDetail[];
  readonly own: number;
  readonly onChoose: (node: number) => void;
}) {
  const ordered = [...all].sort((a, b) => (b.q ?? -2) - (a.q ?? -2));
  return (
    <table>
      <thead>
        <tr>
          <th>node</th>
          <th class="number">Q</th>
          <th class="number">visits</th>
          <th class="number">PPM</th>
          <th>step</th>
        </tr>
      </thead>
      <tbody>
        {ordered.map((one) => (
          <tr key={one.node} class={one.node === own ? "chosen" : ""}>
            <td>
              <button type="button" onClick={() => onChoose(one.node)}>{one.node}</button>
            </td>
            <td class="number">{number(one.q)}</td>
            <td class="number">{one.visits}</td>
            <td class="number">{number(one.ppm)}</td>
            <td>{firstLine(one)}</td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

function firstLine({ code, text, status }: NodeDetail): string {
  const lines = (code ?? text).split("\n").filter((line) => line.trim() !== "");
  const shown = lines.find((line) => !line.trim().startsWith("#")) ?? lines[0] ?? "";
  return `${status === "ok" ? "" : `[${status.replace("_", " ")}] `}${shown.slice(0, 120)}`;
}

function number(value: number | null): string {
  return value === null ? "–" : value.toFixed(2);
}
