/** Writes today's specifications to `fixtures/specs/<version>`: `deno run -A tests/specs/write.ts 2`, when a version is new. */
import { EXAMPLES } from "./_today.ts";

const [version] = Deno.args;
if (version === undefined || !/^\d+$/.test(version)) {
  throw new TypeError(`expected the number of a version, got "${version}"`);
}
const folder = new URL(`../../fixtures/specs/${version}/`, import.meta.url);
await Deno.mkdir(folder, { recursive: true });
for (const [name, { make }] of Object.entries(EXAMPLES)) {
  await Deno.writeTextFile(new URL(`${name}.json`, folder), `${JSON.stringify(await make())}\n`);
}
