import { useEffect, useState } from "preact/hooks";
import type { RunRow, VersionReply } from "../api.ts";
import { fetchJson } from "./fetch_json.ts";

/** How often the page asks whether there is more to show, in milliseconds. */
const POLL_MS = 2000;

/** What the database holds. */
export interface Overview {
  readonly runs: readonly RunRow[];
  /** Another one whenever there may be more to show. */
  readonly version: string;
  /** Why it cannot be read now. */
  readonly problem: string | null;
}

const NOTHING: Overview = { runs: [], version: "", problem: null };

/** What the database holds, followed while the page is seen: a run may be writing it. */
export function useOverview(): Overview {
  const [overview, setOverview] = useState(NOTHING);
  useEffect(() => {
    let last = NOTHING;
    let isAsking = false;
    const follow = async () => {
      if (document.hidden || isAsking) return;
      isAsking = true;
      for await (const next of news(last)) setOverview(last = next);
      isAsking = false;
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

/** The next states; none when nothing has changed. */
async function* news(last: Overview): AsyncGenerator<Overview> {
  try {
    const { version } = await fetchJson<VersionReply>("/api/version");
    if (version === last.version) return;
    // The list need not wait for the runs; a problem stays until it is known to be over.
    if (last.problem === null) yield { ...last, version };
    const runs = await fetchJson<readonly RunRow[]>("/api/runs");
    yield { runs, version, problem: null };
  } catch (error) {
    const problem = error instanceof Error ? error.message : String(error);
    // Not the version: what could not be read is asked for again.
    if (problem !== last.problem) yield { ...last, problem, version: "" };
  }
}
