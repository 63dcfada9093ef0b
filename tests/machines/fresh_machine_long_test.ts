/** The reduced form of the campaign beside it: one machine, and the command that builds the least. */
import assert from "node:assert/strict";
import { NO_MACHINES, onMachine } from "./_machine.ts";

Deno.test({
  name:
    `doctor finds a fresh Debian fit for work without bubblewrap, in a folder with blanks and umlauts${
      NO_MACHINES === null ? "" : ` (${NO_MACHINES})`
    }`,
  ignore: NO_MACHINES !== null,
  fn: async () => {
    const { code, log } = await onMachine(
      { suite: "trixie", hasBubblewrap: false, project: "/srv/Meine Bäume" },
      ["npx", "-y", "deno@2.9.6", "task", "doctor"],
    );
    assert.equal(code, 0, log);
    assert.match(log, /Tier A does not work here: .*apt-get install bubblewrap/);
    assert.match(log, /tier B/);
  },
});
