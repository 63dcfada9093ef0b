import type { Database } from "./_database.ts";
import type { LoadSample } from "./store.ts";

/** Keeps measurements of load. */
export async function saveLoadSamples(
  database: Database,
  runNo: number,
  samples: readonly LoadSample[],
): Promise<void> {
  await database.run(
    `INSERT INTO load_sample SELECT $1, make_timestamp_ms(s.taken_ms), s.name, s.value FROM (SELECT unnest(
       from_json($2::JSON, '[{"taken_ms":"BIGINT","name":"VARCHAR","value":"DOUBLE"}]')) AS s)`,
    [
      runNo,
      JSON.stringify(samples.map(({ takenAt, name, value }) => ({
        taken_ms: takenAt.getTime(),
        name,
        value,
      }))),
    ],
  );
}
