import { parseShard, shardOf } from "../../config/mod.ts";
import { ConfigError } from "../../core/mod.ts";
import type { LoadedSuites } from "./load_suites.ts";

/**
 * The part of each suite's problems that a shard measures. A suite that has no problem for it is left out with a notice: a group may hold
 * small ones.
 *
 * @throws {ConfigError} If no suite has one.
 */
export function shardSuites(loaded: LoadedSuites, text: string | undefined): LoadedSuites {
  const shard = parseShard(text ?? "");
  if (shard === null) return loaded;
  const parts = loaded.suites.map((suite) => ({
    ...suite,
    problems: shardOf(suite.problems, shard),
  }));
  const empty = parts.filter(({ problems }) => problems.length === 0)
    .map(({ suite }) => suite.name);
  if (empty.length === parts.length) {
    const sizes = loaded.suites.map(({ suite, problems }) => `${suite.name} ${problems.length}`);
    throw new ConfigError(
      `Cannot take part ${shard.index} of ${shard.count}: the suites have fewer problems (${
        sizes.join(", ")
      }); use fewer parts`,
    );
  }
  return {
    suites: parts.filter(({ problems }) => problems.length > 0),
    notices: [
      ...loaded.notices,
      ...empty.map((name) => `${name}: fewer problems than parts, none for part ${text}`),
    ],
  };
}
