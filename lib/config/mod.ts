/** The one schema per command, its defaults, and how file, environment and flags become one value. */
export * from "./ablate_config.ts";
export * from "./default_database.ts";
export * from "./describe.ts";
export * from "./duration.ts";
export * from "./eval_config.ts";
export * from "./evolve_config.ts";
export * from "./path_fields.ts";
export * from "./path_settings.ts";
export * from "./raw_settings.ts";
export * from "./reference.ts";
export * from "./renamed.ts";
export * from "./resolve.ts";
export * from "./science_config.ts";
export * from "./serve_settings.ts";
export * from "./setting_groups.ts";
export * from "./shard.ts";
export * from "./synth_config.ts";
