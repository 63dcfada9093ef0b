/** The viewer's server over a database file, on a free port. */
import { openReader } from "../../lib/cli/reader.ts";
import { handleRequest, readAssets, ReaderLease } from "../../lib/viewer/mod.ts";

/** Token of the served page. */
export const TOKEN = "0123456789abcdef";

/** A served viewer. */
export interface ServedViewer extends AsyncDisposable {
  /** Address without the token, with a slash at its end. */
  readonly origin: string;
  /** Address that opens the page. */
  readonly address: string;
  /** From now on the page is told that there may be more to show. */
  readonly change: () => void;
}

/**
 * Serves a database; `change` stands for a look at the file.
 *
 * @param options.idleMs How long the database stays open after the last question.
 */
export async function serveViewer(
  db: string,
  { idleMs = 50 }: { readonly idleMs?: number } = {},
): Promise<ServedViewer> {
  const lease = new ReaderLease(() => openReader(db), { idleMs });
  const assets = await readAssets();
  let version = 1;
  const options = {
    token: TOKEN,
    withReader: lease.use,
    version: () => Promise.resolve(String(version)),
    assets,
  };
  const server = Deno.serve(
    { hostname: "127.0.0.1", port: 0, onListen: () => {} },
    (request) => handleRequest(request, options),
  );
  const origin = `http://127.0.0.1:${server.addr.port}/`;
  return {
    origin,
    address: `${origin}?token=${TOKEN}`,
    change: () => {
      version++;
    },
    [Symbol.asyncDispose]: async () => {
      await server.shutdown();
      await lease[Symbol.asyncDispose]();
    },
  };
}
