/** Use of the file or folder that a setting names: `.meta({ path: "read" })` in its schema. */
export type PathUse = "read" | "write";

/** Settings of a command that name files or folders, by their use; one within a group by its path, such as `trainer.accelerate`. */
export type PathFields = Readonly<Record<PathUse, readonly string[]>>;
