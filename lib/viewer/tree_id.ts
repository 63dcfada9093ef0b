import { z } from "zod";

/** A packed tree key: decimal digits of a 48-bit number. */
export const TreeId = z.string().regex(/^\d{1,15}$/, "expected the digits of a tree's id");
