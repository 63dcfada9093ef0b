import type { SourceRound } from "../../ablation/mod.ts";
import type { Problem } from "../../core/mod.ts";
import type { RunInfo } from "../../store/mod.ts";

/** A source round with what its run was. */
export interface FoundSource {
  readonly run: RunInfo;
  readonly source: SourceRound;
  /** Problems that it searched, or the part of them that is used. */
  readonly problems: readonly Problem[];
}
