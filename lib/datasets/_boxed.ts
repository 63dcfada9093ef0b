/** The last `\boxed` of a reference solution, and whether several different values are boxed. */
export function lastBoxed(solution: string): {
  readonly answer: string | null;
  readonly isAmbiguous: boolean;
} {
  const values: string[] = [];
  for (const match of solution.matchAll(/\\boxed\s*/g)) {
    const start = match.index + match[0].length;
    values.push(solution[start] === "{" ? braced(solution, start) : unbraced(solution, start));
  }
  const compact = new Set(values.map((value) => value.replaceAll(/\s/g, "")));
  return { answer: values.at(-1)?.trim() ?? null, isAmbiguous: compact.size > 1 };
}

function braced(source: string, open: number): string {
  let depth = 0;
  for (let i = open; i < source.length; i++) {
    if (source[i] === "{") depth++;
    else if (source[i] === "}" && --depth === 0) return source.slice(open + 1, i);
  }
  return "";
}

/** Content of a box without braces: one character, or a command with what belongs to it. */
function unbraced(source: string, start: number): string {
  if (source[start] !== "\\") return source.charAt(start);
  return /^[^$\n]*?(?=\.?\s*(\$|\n|\\[)\]]|$))/.exec(source.slice(start, start + 200))?.[0] ?? "";
}
