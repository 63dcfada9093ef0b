/** Models: which there are, whether they are there, what they are, and serving them. */
export * from "./artifact_location.ts";
export * from "./base_folder.ts";
export * from "./default_policy.ts";
export * from "./identity.ts";
