import { z } from "zod";
import { SORTS } from "./api.ts";
import { TreeId } from "./tree_id.ts";

/** How the list is filtered and ordered; empty text means "any". */
export const TreeFilter = z.strictObject({
  run: z.string().max(200).default(""),
  round: z.coerce.number().int().min(0).max(15).optional(),
  solved: z.enum(["", "yes", "no"]).default(""),
  level: z.coerce.number().int().min(0).max(255).optional(),
  /** Smallest mean Q of the best finished trajectory. */
  minQ: z.coerce.number().min(-1).max(1).optional(),
  /** Smallest number of rollouts: the visits of the root. */
  minVisits: z.coerce.number().int().min(0).optional(),
  /** Type of an error, or status of a step, that occurs in the tree. */
  error: z.string().max(200).default(""),
  /** Part of the question or of the problem's id. */
  text: z.string().max(200).default(""),
  sort: z.enum(SORTS).default("problem"),
  descending: z.enum(["", "1"]).default(""),
  /** Tree that the page begins after. @default the first page */
  after: TreeId.optional(),
  /** Tree that the page ends before; left out where `after` is given. */
  before: TreeId.optional(),
  limit: z.coerce.number().int().min(1).max(500).default(50),
});

/** How the list is filtered and ordered. */
export type TreeFilter = z.infer<typeof TreeFilter>;
