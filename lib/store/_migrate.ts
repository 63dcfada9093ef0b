import { z } from "zod";
import { StoreError } from "../core/mod.ts";
import type { Database } from "./_database.ts";
import { MIGRATIONS } from "./schema/migrations.ts";
import { viewsHash, viewStatements } from "./views/catalogue.ts";

/** Version that this program reads and writes. */
export const SCHEMA_VERSION = MIGRATIONS.length;

const Name = z.object({ table_name: z.string() });
const Version = z.object({ version: z.number() });
const ViewCatalogue = z.object({ hash: z.string() });

/**
 * Brings a database to the current version and to the current views. Each version is a transaction, because DuckDB cannot alter a table
 * whose rows the same transaction has changed; what a kill interrupts goes on at the next opening.
 *
 * @throws {StoreError} If it comes from a newer version, or holds tables that are not ours.
 */
export async function migrate(database: Database): Promise<void> {
  const version = await storedVersion(database);
  if (version === SCHEMA_VERSION && await hasCurrentViews(database)) return;
  for (const [index, sql] of MIGRATIONS.entries()) {
    if (index < version) continue;
    await database.transaction(async () => {
      if (index === 0) {
        await database.run(
          "CREATE TABLE schema_version(version INTEGER PRIMARY KEY, applied_at TIMESTAMP NOT NULL)",
        );
      }
      await database.run(sql);
      await database.run("INSERT INTO schema_version VALUES ($1, now()::TIMESTAMP)", [index + 1]);
    });
  }
  await database.transaction(async () => {
    for (const statement of viewStatements()) await database.run(statement);
    await database.run("DELETE FROM view_catalogue");
    await database.run("INSERT INTO view_catalogue VALUES ($1)", [viewsHash()]);
  });
}

/** Views are public, and named analyses are written against them: a reader must find those of its own version. */
async function hasCurrentViews(database: Database): Promise<boolean> {
  const [row] = await database.rows("SELECT hash FROM view_catalogue");
  return row !== undefined && ViewCatalogue.parse(row).hash === viewsHash();
}

/**
 * Refuses a database that cannot be read as it is.
 *
 * @throws {StoreError} If it is empty, not ours, of another version, or has the views of another version.
 */
export async function checkVersion(database: Database): Promise<void> {
  const version = await storedVersion(database);
  if (version === SCHEMA_VERSION && await hasCurrentViews(database)) return;
  const found = version === 0
    ? "an empty file"
    : version === SCHEMA_VERSION
    ? "one with views of another version"
    : `version ${version}`;
  throw new StoreError(
    `Cannot read database "${database.path}": expected schema version ${SCHEMA_VERSION}, got ${found}; ` +
      `bring it up to date with deno task runs compact --db "${database.path}"`,
    { isOutdated: version > 0 },
  );
}

async function storedVersion(database: Database): Promise<number> {
  const tables = await database.rows(
    "SELECT table_name FROM information_schema.tables WHERE table_schema = 'main'",
  );
  if (tables.length === 0) return 0;
  if (!tables.some((row) => Name.parse(row).table_name === "schema_version")) {
    throw new StoreError(
      `Cannot open database "${database.path}": expected a database of rstar, got one with other tables; ` +
        "name another file with --db",
      { isWrongFile: true },
    );
  }
  const [row] = await database.rows("SELECT max(version) AS version FROM schema_version");
  const { version } = Version.parse(row);
  if (version > SCHEMA_VERSION) {
    throw new StoreError(
      `Cannot open database "${database.path}": expected schema version ${SCHEMA_VERSION} or older, ` +
        `got ${version}; update rstar`,
    );
  }
  return version;
}
