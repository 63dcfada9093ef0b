import type { NodeDetail, PairOfSiblings } from "../api.ts";
import { Code } from "./code.tsx";
import { lastLine, shortNumber, shownText, words } from "./texts.ts";

/** The candidates that were drawn at one node, in a table. */
export function Siblings({ all, own, onChoose }: {
  readonly all: readonly NodeDetail[];
  readonly own: number;
  readonly onChoose: (node: number) => void;
}) {
  const ordered = [...all].sort((a, b) => (b.q ?? -2) - (a.q ?? -2));
  return (
    <div class="wide">
      <table>
        <thead>
          <tr>
            <th scope="col">node</th>
            <th scope="col" class="number">Q</th>
            <th scope="col" class="number">visits</th>
            <th scope="col" class="number">PPM</th>
            <th scope="col">step</th>
          </tr>
        </thead>
        <tbody>
          {ordered.map((one) => (
            <tr key={one.node} class={one.node === own ? "chosen" : ""}>
              <td>
                <button
                  type="button"
                  aria-current={one.node === own}
                  onClick={() => onChoose(one.node)}
                >
                  {one.node}
                </button>
              </td>
              <td class="number">{shortNumber(one.q)}</td>
              <td class="number">{one.visits}</td>
              <td class="number">{shortNumber(one.ppm)}</td>
              <td class="step">
                {one.status !== "ok" && <em>{words(one.status)}</em>}{" "}
                {lastLine({ code: one.code, text: shownText(one) })}
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

/** The preference pairs that siblings gave, each side by side; those of the chosen node are open. */
export function Pairs({ pairs, siblings, own }: {
  readonly pairs: readonly PairOfSiblings[];
  readonly siblings: readonly NodeDetail[];
  readonly own: number;
}) {
  if (pairs.length === 0) return <p class="soft">These siblings gave no preference pair.</p>;
  const byId = new Map(siblings.map((one) => [one.node, one]));
  return (
    <>
      <h3>Preference pairs</h3>
      {pairs.map(({ better, worse, margin }) => (
        <details key={`${better} ${worse}`} open={better === own || worse === own}>
          <summary>
            {better} before {worse}, margin {margin.toFixed(2)}
          </summary>
          <div class="pair">
            <Side title="Better" detail={byId.get(better)} />
            <Side title="Worse" detail={byId.get(worse)} />
          </div>
        </details>
      ))}
    </>
  );
}

function Side({ title, detail }: {
  readonly title: string;
  readonly detail: NodeDetail | undefined;
}) {
  if (detail === undefined) return null;
  return (
    <div>
      <p class="soft">
        {title}: node {detail.node}, Q {shortNumber(detail.q)}, {detail.visits} visits
      </p>
      <Code text={detail.code ?? shownText(detail)} />
    </div>
  );
}
