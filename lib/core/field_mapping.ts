import { z } from "zod";

const path = z.string().min(1);

/**
 * Names of the fields of a problem file that hold what a problem needs; what is absent is looked for under the usual names. A name
 * may be a path: `reward_model.ground_truth`, `prompt.0.content`.
 */
export const FieldMapping = z.strictObject({
  id: path.exactOptional(),
  question: path.exactOptional(),
  answer: path.exactOptional(),
  level: path.exactOptional(),
  subject: path.exactOptional(),
});

/** Names of the fields of a problem file that hold what a problem needs. */
export type FieldMapping = z.infer<typeof FieldMapping>;

/** A {@linkcode FieldMapping} as an object, or as text: `question=prompt.0.content,answer=gold`. */
export const FieldMappingSetting = z.union([
  FieldMapping,
  z.string().transform((text, context) => {
    const pairs = text.split(",").map((part) => part.split("=").map((side) => side.trim()));
    const result = FieldMapping.safeParse(
      Object.fromEntries(pairs.map(([name = "", field = ""]) => [name, field])),
    );
    if (result.success && pairs.every((sides) => sides.length === 2)) return result.data;
    const known = Object.keys(FieldMapping.shape).join(", ");
    context.addIssue({
      code: "custom",
      message: `expected NAME=FIELD pairs with the names ${known}, e.g. question=text,answer=gold`,
    });
    return z.NEVER;
  }),
]);
