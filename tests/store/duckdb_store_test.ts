import { openStore } from "../../lib/store/mod.ts";
import { testStore } from "../conformance/store.ts";

testStore("duckdb store", async () => {
  const folder = await Deno.makeTempDir();
  const store = await openStore(`${folder}/a.duckdb`);
  const close = store[Symbol.asyncDispose].bind(store);
  return Object.assign(store, {
    [Symbol.asyncDispose]: async () => {
      await close();
      await Deno.remove(folder, { recursive: true });
    },
  });
});
