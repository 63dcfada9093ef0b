import { useEffect, useLayoutEffect, useState } from "preact/hooks";
import type { NodeDetail, NodeReply } from "../api.ts";
import { Code } from "./code.tsx";
import { fetchJson } from "./fetch_json.ts";
import { Pairs, Siblings } from "./siblings.tsx";
import { commentOf, prior, shortNumber, shownText, words } from "./texts.ts";

/** Properties of the panel. */
export interface NodePanelProps {
  readonly tree: string;
  readonly node: number;
  readonly onChoose: (node: number) => void;
}

/** The chosen node: numbers, text, code, output, error, and its siblings with the preference pairs they gave. */
export function NodePanel({ tree, node, onChoose }: NodePanelProps) {
  const [isFull, setIsFull] = useState(false);
  useEffect(() => setIsFull(false), [tree, node]);
  const [reply, failure] = useNode(tree, node, isFull);
  if (failure !== null) return <aside class="panel" role="alert">{failure}</aside>;
  if (reply === null) return <aside class="panel">Loading …</aside>;
  const { siblings, pairs } = reply;
  return (
    <aside class="panel" aria-label={`Chosen node of tree ${tree}`}>
      <Node detail={reply.node} siblings={siblings} />
      {reply.node.isCut && (
        <p>
          This text is long; only its beginning is shown.{" "}
          <button type="button" onClick={() => setIsFull(true)}>Show all of it</button>
        </p>
      )}
      {siblings.length > 1 && (
        <>
          <h3>Siblings, best first</h3>
          <Siblings all={siblings} own={reply.node.node} onChoose={onChoose} />
          <Pairs pairs={pairs} siblings={siblings} own={reply.node.node} />
        </>
      )}
    </aside>
  );
}

/** A node among the candidates that were drawn beside it. */
interface NodeOfSiblings {
  readonly detail: NodeDetail;
  /** Itself included. */
  readonly siblings: readonly NodeDetail[];
}

function useNode(
  tree: string,
  node: number,
  isFull: boolean,
): readonly [NodeReply | null, string | null] {
  const [reply, setReply] = useState<NodeReply | null>(null);
  const [failure, setFailure] = useState<string | null>(null);
  useLayoutEffect(() => {
    let isWanted = true;
    fetchJson<NodeReply>("/api/node", { tree, node, full: isFull ? "1" : "" }).then(
      (loaded) => {
        if (!isWanted) return;
        setReply(loaded);
        setFailure(null);
      },
      (error: Error) => isWanted && setFailure(error.message),
    );
    return () => {
      isWanted = false;
    };
  }, [tree, node, isFull]);
  return [reply, failure];
}

function Node({ detail, siblings }: NodeOfSiblings) {
  const comment = commentOf(detail);
  return (
    <>
      <h2 aria-live="polite">Node {detail.node}{comment === null ? "" : `: ${comment}`}</h2>
      <Facts detail={detail} siblings={siblings} />
      {detail.code !== null && <Code text={detail.code} />}
      {detail.code === null && shownText(detail) !== "" && (
        <pre tabIndex={0}>{shownText(detail)}</pre>
      )}
      {detail.stdout !== null && detail.stdout !== "" && (
        <>
          <h3>Output</h3>
          <pre tabIndex={0}>{detail.stdout}</pre>
        </>
      )}
      {detail.error !== null && (
        <>
          <h3>Error{detail.errorLine === null ? "" : ` in line ${detail.errorLine}`}</h3>
          <pre class="bad" tabIndex={0}>{detail.error}</pre>
        </>
      )}
      {detail.code !== null && (
        <details>
          <summary>Text as the model wrote it</summary>
          <pre tabIndex={0}>{detail.text}</pre>
        </details>
      )}
    </>
  );
}

function Facts({ detail, siblings }: NodeOfSiblings) {
  const { kind, status, depth, q, visits, ppm, multiplicity, tokens, milliseconds, answer } =
    detail;
  const facts: readonly (readonly [string, string])[] = [
    ["kind", status === "ok" ? words(kind) : `${words(kind)}, ${words(status)}`],
    ["Q", shortNumber(q)],
    ["visits", String(visits)],
    ["PPM logit", shortNumber(ppm)],
    ["depth", String(depth)],
    ["drawn", `${multiplicity} ×`],
    ["prior", shortNumber(prior(detail, siblings))],
    ["tokens", String(tokens)],
    ["executed in", milliseconds === null ? "–" : `${milliseconds.toFixed(1)} ms`],
  ];
  return (
    <>
      <dl>
        {facts.map(([name, value]) => (
          <div key={name}>
            <dt>{name}</dt>
            <dd>{value}</dd>
          </div>
        ))}
      </dl>
      {answer !== null && (
        <p>
          Answer: <strong class="answer">{answer}</strong> ({verdict(detail)})
        </p>
      )}
    </>
  );
}

function verdict({ correct }: NodeDetail): string {
  if (correct === null) return "not judged";
  return correct ? "right" : "wrong";
}
