/** A harness that keeps states and runs an endless step, for the test that kills it. Arguments: tag, tier. */
import { openReal } from "../real_sandbox.ts";

const [tag = "", tier = ""] = Deno.args;
const sandbox = await openReal({ tag, workers: 2, tier: tier === "A" ? "A" : "B" });
const session = sandbox.openSession();
const code = "total = sum(range(2_000_000))";
const { state } = await session.run({ parent: null, code, keep: true });
await session.run({ parent: state, code, keep: true });
const endless = session.run({ parent: state, code: "while True: pass", keep: false });
console.log("running");
await endless;
