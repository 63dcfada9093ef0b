import { z } from "zod";

const URL_TEXT = /^https?:\/\//;

/** Where a model is: one checkpoint folder, or URLs of endpoints, as a list or separated by commas. */
export const modelPlaces = z.union([z.string(), z.array(z.string())]).transform(
  (value, context) => {
    const texts = typeof value === "string" ? [value] : value;
    const split = texts.flatMap((text) => text.split(",").map((part) => part.trim()));
    // None: the default.
    if (texts.length === 0) return [];
    const isUrls = split.every((part) => URL_TEXT.test(part) && URL.canParse(part));
    if (isUrls) return split;
    const [folder] = texts;
    // A host without a scheme, or a URL among others, is no folder.
    const isFolder = texts.length === 1 && folder !== undefined && folder !== "" &&
      !split.some((part) => /:\/\/|^[\w.-]+:\d+(?:\/|$)/.test(part));
    if (isFolder) return [folder];
    context.addIssue({
      code: "custom",
      message: "expected a checkpoint folder, or URLs such as http://host:8000/v1, comma separated",
    });
    return z.NEVER;
  },
);

/** Whether places are URLs of endpoints. */
export function areUrls(places: readonly string[]): boolean {
  return places.length > 0 && places.every((place) => URL_TEXT.test(place));
}
