/** The part of the room that loads no package: for the launcher, which comes before every command and before any package is there. */
export * from "../default_database.ts";
export * from "../duration.ts";
export * from "../path_settings.ts";
export * from "../raw_settings.ts";
export * from "../shard.ts";
