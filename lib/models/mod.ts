/** Models: which there are, whether they are there, what they are, and serving them. */
export * from "./artifact_location.ts";
export * from "./base_folder.ts";
export * from "./calibration.ts";
export * from "./default_policy.ts";
export * from "./find_models.ts";
export * from "./identity.ts";
export * from "./model_host.ts";
export * from "./model_source.ts";
export * from "./open_models.ts";
export * from "./probes.ts";
export * from "./requests.ts";
export * from "./round_server.ts";
export * from "./serve_hook.ts";
export * from "./serve_measured.ts";
export * from "./served_models.ts";
