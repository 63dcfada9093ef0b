import assert from "node:assert/strict";
import { requireRead } from "../../lib/cli/unread.ts";
import { UnreadableModelError } from "../../lib/core/mod.ts";

Deno.test("requireRead() refuses a search of which nothing could be read, and no other", () => {
  const refused = { solved: 0, statuses: { unparsable: 8, truncated: 2 } };
  assert.throws(() => requireRead(refused), (error: unknown) => {
    assert.ok(error instanceof UnreadableModelError);
    assert.match(error.message, /not one candidate could be read \(8 unparsable, 2 truncated\)/);
    return true;
  });
  requireRead({ solved: 0, statuses: {} });
  requireRead({ solved: 0, statuses: { unparsable: 8, code_error: 1 } });
  requireRead({ solved: 0, statuses: { unparsable: 8, ok: 1 } });
});
