import { ANALYSES, VIEWS } from "../../store/mod.ts";

/** Every analysis and view with a sentence and an example, for a terminal. */
export function sqlList(): string {
  const analyses = ANALYSES.map(({ name, sentence, parameters }) =>
    `${name}\n  ${sentence}\n  deno task sql ${name}${
      parameters.map((parameter) => ` [--${parameter} …]`).join("")
    }`
  );
  const views = VIEWS.map(({ name, sentence, example }) => `${name}\n  ${sentence}\n  ${example}`);
  return ["Named analyses", "", ...analyses, "", "Views", "", ...views].join("\n");
}
