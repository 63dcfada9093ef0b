import { z } from "zod";
import {
  isJsonObject,
  type Json,
  type JsonObject,
  partOfSpec,
  type SpecKind,
  upgradeSpec,
  withField,
} from "../core/mod.ts";
import { PAIR_RULES, SFT_RULES } from "../export/mod.ts";
import { SEARCH_SPEC } from "../search/mod.ts";
import { LEARNING_SETTINGS } from "../training/mod.ts";

const RoundsSpec = z.object({
  problems: z.string(),
  /** Passes of each round with one of its own, by `round N`. */
  search: z.record(z.string(), z.array(z.object({ spec: partOfSpec(SEARCH_SPEC) })).min(1)),
  exports: z.object({ sft: partOfSpec(SFT_RULES), pairs: partOfSpec(PAIR_RULES) }),
});

/** Specification of a run of rounds, as far as others read it. */
export type RoundsSpec = z.infer<typeof RoundsSpec>;

/** Specifications of runs of rounds as they are stored. What is added to them is named here with what was done before. */
export const ROUNDS_SPEC: SpecKind<RoundsSpec> = {
  name: "specification of a run of rounds",
  schema: RoundsSpec,
  added: [
    { problemsHash: null, fields: null, minLevel: {}, leavesEasy: false, quarantineFrom: null },
  ],
  parts: (spec) => {
    const searched = withField(spec, "search", (rounds) => mapValues(rounds, upgradePasses));
    const exported = withField(searched, "exports", ({ sft, pairs, ...rest }) => ({
      ...rest,
      ...(sft === undefined ? {} : { sft: upgradeSpec(SFT_RULES, sft) }),
      ...(pairs === undefined ? {} : { pairs: upgradeSpec(PAIR_RULES, pairs) }),
    }));
    return withField(
      exported,
      "training",
      (kinds) => mapValues(kinds, (settings) => upgradeSpec(LEARNING_SETTINGS, settings)),
    );
  },
};

function upgradePasses(passes: Json): Json {
  if (!Array.isArray(passes)) return passes;
  return passes.map((pass: Json) =>
    isJsonObject(pass) ? withField(pass, "spec", (spec) => upgradeSpec(SEARCH_SPEC, spec)) : pass
  );
}

function mapValues(object: JsonObject, change: (value: Json) => Json): JsonObject {
  return Object.fromEntries(Object.entries(object).map(([key, value]) => [key, change(value)]));
}
