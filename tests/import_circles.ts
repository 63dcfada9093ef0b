/** Circles of imports: files that need each other, be it for values or for types. */

/**
 * Reads what a file imports from files of the project: paths from the project's root, as `lib/core/mod.ts`.
 *
 * @param path Path of the file from the project's root.
 */
export function importsOf(path: string, source: string): readonly string[] {
  const found: string[] = [];
  const take = (node: { readonly source: { readonly type: string } | null }) => {
    if (node.source?.type !== "Literal") return;
    const { value } = node.source as Deno.lint.StringLiteral;
    if (value.startsWith(".")) found.push(new URL(value, `file:///${path}`).pathname.slice(1));
  };
  Deno.lint.runPlugin(
    {
      name: "imports",
      rules: {
        collect: {
          create: () => ({
            ImportDeclaration: take,
            ImportExpression: take,
            ExportAllDeclaration: take,
            ExportNamedDeclaration: take,
          }),
        },
      },
    },
    path.split("/").at(-1) ?? path,
    source,
  );
  return found;
}

/**
 * Groups of files that import each other, directly or by way of others: the strongly connected parts of more than one file, or of a
 * file that imports itself (Tarjan 1972). Sorted.
 *
 * @param imports Imported paths by importing path.
 */
export function importCircles(
  imports: ReadonlyMap<string, readonly string[]>,
): readonly (readonly string[])[] {
  const circles: string[][] = [];
  const order = new Map<string, number>();
  const lowest = new Map<string, number>();
  const open: string[] = [];
  const low = (path: string) => lowest.get(path) ?? 0;
  const visit = (path: string): void => {
    const index = order.size;
    order.set(path, index);
    lowest.set(path, index);
    open.push(path);
    for (const next of imports.get(path) ?? []) {
      if (!order.has(next)) visit(next);
      if (open.includes(next)) lowest.set(path, Math.min(low(path), low(next)));
    }
    if (low(path) !== index) return;
    const part = open.splice(open.indexOf(path));
    const isCircle = part.length > 1 || imports.get(path)?.includes(path) === true;
    if (isCircle) circles.push(part.sort());
  };
  for (const path of imports.keys()) if (!order.has(path)) visit(path);
  return circles.sort();
}
