import { join } from "node:path";
import type { ArtifactInfo } from "../../store/mod.ts";
import { artifactPlace, runFolder, storedLocation } from "../../models/mod.ts";

/** Where the files of a run are: `<database>.files/<run>/round-<n>/`, and the base where this command has it. */
export class RunFolders {
  readonly #db: string;
  readonly #run: string;
  readonly #base: string;

  /**
   * @param db Database file.
   * @param base Folder or name of the base. A run continues with no other model, but the folder may have moved since its row was written.
   */
  constructor(db: string, run: string, base: string) {
    this.#db = db;
    this.#run = run;
    this.#base = base;
  }

  /** Folder of what a round makes; `part` is `sft`, `pairs`, `policy` or `ppm`. */
  of(round: number, part: string): string {
    return join(runFolder(this.#db, this.#run), `round-${round}`, part);
  }

  /** A path as rows keep it. */
  stored(path: string): string {
    return storedLocation(this.#db, path);
  }

  /** The path that a row names. */
  place(artifact: ArtifactInfo): string {
    if (artifact.roundNo === 0 && artifact.role === "policy") return this.#base;
    return artifactPlace(this.#db, artifact);
  }
}
