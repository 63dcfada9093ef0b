import assert from "node:assert/strict";
import { resolve } from "node:path";
import { artifactPlace, storedLocation } from "../../lib/models/artifact_location.ts";

const DB = "/data/run/x.duckdb";
const artifact = (location: string, roundNo: number | null = 1, role = "policy") => ({
  location,
  roundNo,
  role,
});

Deno.test("storedLocation() is relative to the database inside its folder alone", () => {
  assert.equal(storedLocation(DB, "/data/run/evolve/round-1/policy"), "evolve/round-1/policy");
  assert.equal(storedLocation(DB, "/data/other"), "/data/other");
  assert.equal(storedLocation("x.duckdb", "evolve/ppm"), "evolve/ppm");
  assert.equal(storedLocation(DB, "here"), resolve("here"));
});

Deno.test("artifactPlace() finds what storedLocation() named, wherever the database was moved", () => {
  assert.equal(
    artifactPlace(DB, artifact("evolve/round-1/policy")),
    "/data/run/evolve/round-1/policy",
  );
  assert.equal(artifactPlace("/new/x.duckdb", artifact("a")), "/new/a");
  assert.equal(artifactPlace(DB, artifact("/data/other")), "/data/other");
  assert.equal(artifactPlace(DB, artifact("http://host/v1")), "http://host/v1");
});

Deno.test("artifactPlace() leaves the base as it was given: it may be a name that a serving hook understands", () => {
  assert.equal(artifactPlace(DB, artifact("Qwen/Qwen2.5-Math-7B", 0)), "Qwen/Qwen2.5-Math-7B");
  assert.equal(artifactPlace(DB, artifact("/models/base", 0)), "/models/base");
});
