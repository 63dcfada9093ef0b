import { useEffect, useState } from "preact/hooks";
import type { RunRow, VersionReply } from "../api.ts";
import { fetchJson } from "./fetch_json.ts";

/** How often the page asks whether there is more to show, in milliseconds. */
const POLL_MS = 2000;

/** Overview of what the database holds. */
export interface Overview {
  readonly runs: readonly RunRow[];
  /** Counts how often there came to be more to show, or something again. What is shown first needs no answer to be asked for. */
  readonly revision: number;
  /** Why it cannot be read now. */
  readonly problem: string | null;
}

const NOTHING: Overview = { runs: [], revision: 0, problem: null };

/** Follows what the database holds while the page is seen: a run may be writing it. */
export function useOverview(): Overview {
  const [overview, setOverview] = useState(NOTHING);
  useEffect(() => {
    const follower = new Follower(setOverview);
    const follow = () => void follower.look();
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

/** Asks for the version of the database, and for its runs when it is another one. */
class Follower {
  readonly #show: (overview: Overview) => void;
  #shown = NOTHING;
  /** Version whose runs are shown; `null` before the first, and while nothing can be read. */
  #version: string | null = null;
  #isAsking = false;

  constructor(show: (overview: Overview) => void) {
    this.#show = show;
  }

  async look(): Promise<void> {
    if (document.hidden || this.#isAsking) return;
    this.#isAsking = true;
    try {
      await this.#ask();
    } catch (error) {
      this.#version = null;
      const problem = error instanceof Error ? error.message : String(error);
      if (problem !== this.#shown.problem) this.#change({ problem });
    } finally {
      this.#isAsking = false;
    }
  }

  async #ask(): Promise<void> {
    const { version } = await fetchJson<VersionReply>("/api/version");
    if (version === this.#version) return;
    // The list need not wait for the runs; a problem stays until it is known to be over.
    if (this.#version !== null) this.#change({ revision: this.#shown.revision + 1 });
    const runs = await fetchJson<readonly RunRow[]>("/api/runs");
    const wasUnread = this.#shown.problem !== null;
    this.#version = version;
    this.#change({ runs, problem: null, revision: this.#shown.revision + (wasUnread ? 1 : 0) });
  }

  #change(parts: Partial<Overview>): void {
    this.#shown = { ...this.#shown, ...parts };
    this.#show(this.#shown);
  }
}
