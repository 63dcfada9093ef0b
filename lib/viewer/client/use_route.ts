import { useEffect, useState } from "preact/hooks";
import { type Go, parseRoute, type Route, routeHash } from "./route.ts";

/** The route of the address, and a way to change parts of it. */
export function useRoute(): readonly [Route, Go] {
  const [route, setRoute] = useState(() => parseRoute(location.hash));
  useEffect(() => {
    const read = () => setRoute(parseRoute(location.hash));
    addEventListener("hashchange", read);
    return () => removeEventListener("hashchange", read);
  }, []);
  const go: Go = (change) => {
    const before = parseRoute(location.hash);
    const next = { ...before, ...(typeof change === "function" ? change(before) : change) };
    if (next.tree !== before.tree || next.beside !== before.beside) {
      location.hash = routeHash(next);
      return;
    }
    // Moving about in one place would bury the way back under hundreds of entries of the history.
    history.replaceState(null, "", routeHash(next));
    setRoute(next);
  };
  return [route, go];
}
