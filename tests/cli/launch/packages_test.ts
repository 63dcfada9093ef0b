import assert from "node:assert/strict";
import { fetchCure } from "../../../lib/cli/launch/packages.ts";

/** Message of Deno 2.9.6 where a package cannot be fetched. */
const failed = (why: string) =>
  `error: Failed caching npm package 'commander@15.1.0'\n    0: error sending request for url (https://registry.example/x.tgz): ${why}`;

Deno.test("fetchCure() fits the fault: a certificate, a registry that is not there, a folder", () => {
  const cures = [
    [failed("client error (Connect): invalid peer certificate: UnknownIssuer"), /DENO_CERT$/],
    [
      failed("client error (Connect): dns error"),
      /^this needs the npm registry once: .*https_proxy/,
    ],
    ["error: Read-only file system (os error 30)", /: set DENO_DIR to one where that is so$/],
  ] as const;
  for (const [stderr, expected] of cures) assert.match(fetchCure(stderr), expected);
});
