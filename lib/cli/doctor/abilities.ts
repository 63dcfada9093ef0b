import type { Continuation, PolicyFindings, StopHandling } from "../../endpoint/mod.ts";
import type { Ability } from "./finding.ts";

type Said = readonly [found: string, consequence: string];

/** Tells what a policy's server can do, and what follows from it for a run. */
export function abilitiesOf(findings: PolicyFindings): readonly Ability[] {
  const { maxModelLength, countsTokens, honoursN, offersLoad, formatTokens } = findings;
  const rows: readonly (readonly [name: string, said: Said])[] = [
    [
      "context length",
      maxModelLength === null
        ? ["not told", "the length of a prompt is limited by --search modelLength alone"]
        : [`${maxModelLength} tokens`, "a step that no longer fits is not asked for"],
    ],
    [
      "several choices (n)",
      honoursN
        ? ["yes", "the candidates of an expansion share a request"]
        : ["no", "every candidate is a request of its own, and reads the prompt again"],
    ],
    ["stop strings", STOP_STRINGS[findings.stopStrings]],
    ["format tokens", FORMAT_TOKENS[formatTokens]],
    ...continuationRow(findings.continuation),
    ["single tokens", tokensSaid(findings.tokens)],
    [
      "usage",
      countsTokens
        ? ["counted", "tokens and costs are the server's own numbers"]
        : ["not counted", "tokens, budgets and costs are estimates from the text"],
    ],
    [
      "load figures",
      offersLoad
        ? ["yes", "a queue in the server lowers the requests in flight"]
        : ["no", "the requests in flight follow the replies alone"],
    ],
    ...refusedRows(findings),
  ];
  return rows.map(([name, [found, consequence]]) => ({ name, found, consequence }));
}

const STOP_STRINGS: Readonly<Record<StopHandling, Said>> = {
  kept: ["kept", "texts end where a step ends"],
  named: ["cut and named", "they are put back"],
  cut: ["cut without a word", "they are inferred where a complete step, program or answer ends"],
  ignored: ["ignored", "texts are cut at the first one, and what follows it is paid for"],
  unknown: ["not seen", "the model gave no occasion; whatever comes is read as the reply shows it"],
};

const FORMAT_TOKENS: Readonly<Record<PolicyFindings["formatTokens"], Said>> = {
  whole: ["single tokens", "the model may have been trained on the format"],
  split: [
    "several tokens each",
    "a model that does not know the format: use --preset general --policy-api chat",
  ],
  unknown: ["not told", ""],
};

const CONTINUATION: Readonly<Record<Continuation, Said>> = {
  continued: ["yes", "steps follow each other"],
  prefix: ["as a prefix", 'the message is sent with "prefix": true'],
  echoed: ["repeats it first", "the repetition is taken off every reply"],
  none: [
    "no",
    "every step would be a first step: draw whole solutions (--preset general), or use --policy-api completions",
  ],
  unknown: ["not seen", ""],
};

function continuationRow(seen: Continuation | undefined): readonly (readonly [string, Said])[] {
  return seen === undefined ? [] : [["continued message", CONTINUATION[seen]]];
}

function tokensSaid(tokens: PolicyFindings["tokens"]): Said {
  if (typeof tokens !== "object") {
    return [tokens ?? "not probed", "no forks: every rollout draws samples"];
  }
  const { maxAlternatives, continuation } = tokens;
  return [
    `log-probabilities, ${maxAlternatives} others a token`,
    continuation === "ids"
      ? "forks go on behind any token"
      : "forks go on behind a token only where its text encodes to it",
  ];
}

function refusedRows(
  { adaptations }: PolicyFindings,
): readonly (readonly [string, Said])[] {
  if (adaptations === undefined) return [];
  const { leftOut, renamed, oneByOne, streams } = adaptations;
  const forms = Object.entries(renamed);
  return [
    ...(leftOut.length === 0 ? [] : [
      ["refused fields", [leftOut.join(", "), "left out; what they ask for is not applied"]],
    ] as const),
    ...forms.map(([from, to]) => ["renamed field", [from, `sent as ${to}`]] as const),
    ...(oneByOne
      ? [["several choices", ["refused", "candidates are asked one by one"]] as const]
      : []),
    ...(streams ? [["whole replies", ["refused", "it is asked for events"]] as const] : []),
  ];
}
