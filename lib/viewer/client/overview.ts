import { useEffect, useState } from "preact/hooks";
import type { RunRow, VersionReply } from "../api.ts";
import { fetchJson } from "./fetch_json.ts";

/** How often the page asks whether there is more to show, in milliseconds. */
const POLL_MS = 2000;

/** What the database holds. */
export interface Overview {
  readonly runs: readonly RunRow[];
  /** What steps failed of; to choose from. */
  readonly errors: readonly string[];
  /** Another one whenever there may be more to show. */
  readonly version: string;
  /** Why it cannot be read now. */
  readonly problem: string | null;
}

const NOTHING: Overview = { runs: [], errors: [], version: "", problem: null };

/** What the database holds, followed while the page is seen: a run may be writing it. */
export function useOverview(): Overview {
  const [overview, setOverview] = useState(NOTHING);
  useEffect(() => {
    let last = NOTHING;
    let isAsking = false;
    const follow = async () => {
      if (document.hidden || isAsking) return;
      isAsking = true;
      const next = await ask(last);
      isAsking = false;
      if (next !== last) setOverview(last = next);
    };
    follow();
    const timer = setInterval(follow, POLL_MS);
    document.addEventListener("visibilitychange", follow);
    return () => {
      clearInterval(timer);
      document.removeEventListener("visibilitychange", follow);
    };
  }, []);
  return overview;
}

/** The next state; the same one when nothing has changed. */
async function ask(last: Overview): Promise<Overview> {
  try {
    const { version } = await fetchJson<VersionReply>("/api/version");
    if (version === last.version && last.problem === null) return last;
    const [runs, errors] = await Promise.all([
      fetchJson<readonly RunRow[]>("/api/runs"),
      fetchJson<readonly string[]>("/api/errors"),
    ]);
    return { runs, errors, version, problem: null };
  } catch (error) {
    const problem = error instanceof Error ? error.message : String(error);
    // Not the version: what could not be read is asked for again.
    return problem === last.problem ? last : { ...last, problem, version: "" };
  }
}
