import initial from "./1_initial.sql" with { type: "text" };
import lineage from "./2_lineage.sql" with { type: "text" };
import votes from "./3_votes.sql" with { type: "text" };
import forks from "./4_forks.sql" with { type: "text" };

/** SQL that leads from one version of the schema to the next; position 0 leads from an empty file to version 1. */
export const MIGRATIONS: readonly string[] = [initial, lineage, votes, forks];
