import { useEffect, useState } from "preact/hooks";

/** What the page shows; kept in the address, so that every view can be linked to. */
export interface Route {
  /** Tree that is shown; `null` for the list. */
  readonly tree: string | null;
  /** Tree beside it. */
  readonly beside: string | null;
  readonly node: number;
  /** Filter of the list. */
  readonly filter: Readonly<Record<string, string>>;
}

/** Reads an address such as `#tree=12&node=3`. */
export function parseRoute(hash: string): Route {
  const { tree, beside, node, ...filter } = Object.fromEntries(new URLSearchParams(hash.slice(1)));
  const id = Number(node ?? 0);
  return {
    tree: tree ?? null,
    beside: beside ?? null,
    node: Number.isInteger(id) && id >= 0 ? id : 0,
    filter,
  };
}

/** Address of a route. */
export function routeHash({ tree, beside, node, filter }: Route): string {
  const parameters = new URLSearchParams();
  for (const [name, value] of Object.entries(filter)) if (value !== "") parameters.set(name, value);
  if (tree !== null) parameters.set("tree", tree);
  if (beside !== null) parameters.set("beside", beside);
  if (tree !== null && node !== 0) parameters.set("node", String(node));
  return `#${parameters}`;
}

/** The route of the address, and a way to change parts of it. */
export function useRoute(): readonly [Route, (change: Partial<Route>) => void] {
  const [route, setRoute] = useState(() => parseRoute(location.hash));
  useEffect(() => {
    const read = () => setRoute(parseRoute(location.hash));
    addEventListener("hashchange", read);
    return () => removeEventListener("hashchange", read);
  }, []);
  const go = (change: Partial<Route>) => {
    const next = { ...parseRoute(location.hash), ...change };
    // Moving about in a tree would bury the list under hundreds of entries of the history.
    if (change.node !== undefined && Object.keys(change).length === 1) {
      history.replaceState(null, "", routeHash(next));
      setRoute(next);
    } else location.hash = routeHash(next);
  };
  return [route, go];
}
