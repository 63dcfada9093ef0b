/** View that the page shows; kept in the address, so that every view can be linked to. */
export interface Route {
  /** Tree that is shown; `null` for the list. */
  readonly tree: string | null;
  /** Tree beside it. */
  readonly beside: string | null;
  /** Chosen node of each of the two. */
  readonly node: number;
  readonly besideNode: number;
  /** Filter of the list. */
  readonly filter: Readonly<Record<string, string>>;
}

/** Changes parts of the route; a function is given the route as it is now, which may be newer than what is drawn. */
export type Go = (change: Partial<Route> | ((now: Route) => Partial<Route>)) => void;

/** Reads an address such as `#solved=no&tree=12&node=3`. */
export function parseRoute(hash: string): Route {
  const { tree, beside, node, besideNode, ...filter } = Object.fromEntries(
    new URLSearchParams(hash.slice(1)),
  );
  return {
    tree: tree ?? null,
    beside: beside ?? null,
    node: nodeId(node),
    besideNode: nodeId(besideNode),
    filter,
  };
}

function nodeId(text = "0"): number {
  return /^\d{1,9}$/.test(text) ? Number(text) : 0;
}

/** Address of a route. */
export function routeHash({ tree, beside, node, besideNode, filter }: Route): string {
  const parameters = new URLSearchParams();
  for (const [name, value] of Object.entries(filter)) if (value !== "") parameters.set(name, value);
  if (tree !== null) parameters.set("tree", tree);
  if (tree !== null && node !== 0) parameters.set("node", String(node));
  if (beside !== null) parameters.set("beside", beside);
  if (beside !== null && besideNode !== 0) parameters.set("besideNode", String(besideNode));
  return `#${parameters}`;
}
