import assert from "node:assert/strict";
import { abilitiesOf } from "../../../lib/cli/doctor/abilities.ts";
import { findingLine } from "../../../lib/cli/doctor/finding.ts";
import type { PolicyFindings } from "../../../lib/endpoint/mod.ts";

const FINDINGS: PolicyFindings = {
  url: "http://host/v1",
  model: "m",
  served: ["m"],
  maxModelLength: 4096,
  honoursN: true,
  countsTokens: true,
  stopStrings: "kept",
  formatTokens: "whole",
  takesSeed: null,
  offersLoad: true,
  notices: [],
};

/** Words for one ability. */
function said(findings: PolicyFindings, name: string): readonly string[] {
  return abilitiesOf(findings).filter((one) => one.name === name)
    .flatMap(({ found, consequence }) => [found, consequence]);
}

Deno.test("abilitiesOf() tells what follows from log-probabilities and forced tokens", () => {
  const tokens = {
    maxAlternatives: 20,
    field: "logprobs",
    tellsIds: true,
    continuation: "ids",
    tokenizeField: "prompt",
    ends: { ids: [], texts: [] },
  } as const;
  const name = "single tokens";
  assert.deepEqual(said({ ...FINDINGS, tokens }, name), [
    "log-probabilities, 20 others a token",
    "forks go on behind any token",
  ]);
  assert.match(
    said({ ...FINDINGS, tokens: { ...tokens, continuation: "text" } }, name)[1] ?? "",
    /only where its text encodes to it/,
  );
  assert.deepEqual(said({ ...FINDINGS, tokens: "it answers no log-probabilities" }, name), [
    "it answers no log-probabilities",
    "no forks: every rollout draws samples",
  ]);
  assert.equal(said(FINDINGS, name)[0], "not probed");
});

Deno.test("abilitiesOf() tells what was refused and what is sent instead", () => {
  const adaptations = {
    leftOut: ["top_k", "min_p"],
    renamed: { max_tokens: "max_completion_tokens" },
    oneByOne: true,
    streams: true,
  };
  const findings = { ...FINDINGS, adaptations, continuation: "echoed" as const };
  assert.equal(said(findings, "refused fields")[0], "top_k, min_p");
  assert.deepEqual(said(findings, "renamed field"), [
    "max_tokens",
    "sent as max_completion_tokens",
  ]);
  assert.equal(said(findings, "several choices")[0], "refused");
  assert.equal(said(findings, "whole replies")[1], "it is asked for events");
  assert.equal(said(findings, "continued message")[0], "repeats it first");
  assert.deepEqual(said(FINDINGS, "refused fields"), []);
});

Deno.test("findingLine() shows abilities as a table below", () => {
  const abilities = [
    { name: "a", found: "yes", consequence: "good" },
    { name: "long", found: "no", consequence: "" },
  ];
  const line = findingLine({ name: "policy", level: "ok", detail: "", abilities });
  assert.equal(line, "ok    policy\n      a     yes  good\n      long  no");
});
