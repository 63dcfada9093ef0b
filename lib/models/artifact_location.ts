/** Where the files of artifacts are: the one rule by which rows name them. */
import { dirname, isAbsolute, join, relative, resolve } from "node:path";
import type { ArtifactInfo } from "../store/mod.ts";

/** Folder of the files of a run: beside the database and by its name, so that two databases in one folder keep theirs apart. */
export function runFolder(db: string, run: string): string {
  return join(`${db}.files`, run);
}

/** A path as rows keep it: relative to the database's folder where it lies inside it, so that the folder can be moved. */
export function storedLocation(db: string, path: string): string {
  const full = resolve(path);
  const inside = relative(dirname(resolve(db)), full);
  return inside.startsWith("..") || isAbsolute(inside) ? full : inside;
}

/** The path, or the URL, that a row names. A model that others made is named as it is: only a serving hook may know what that means. */
export function artifactPlace(
  db: string,
  { location, role, roundNo }: Pick<ArtifactInfo, "location" | "role" | "roundNo">,
): string {
  if (isAbsolute(location) || /^https?:\/\//.test(location)) return location;
  if (roundNo === 0 && role !== "ppm") return location;
  return join(dirname(resolve(db)), location);
}
