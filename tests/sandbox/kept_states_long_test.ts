import assert from "node:assert/strict";
import { seededRandom } from "../../lib/core/mod.ts";
import type { SandboxSession, StepState } from "../../lib/sandbox/sandbox.ts";
import { openReal, testReal } from "../real_sandbox.ts";

/** Steps from a microsecond to a hundred milliseconds; few cost about what a fork costs. */
const CODES = [
  "x = 1",
  "total = sum(range(1_000))",
  "words = [str(i) for i in range(500)]",
  "total = sum(range(1_000_000))",
  "import sympy\ny = sympy.expand((sympy.Symbol('x') + 1) ** 60)",
  "n = 0\nwhile n < 500_000: n += 1",
] as const;
const NODES = 60;

/** Grows the same tree as ever, and counts the states that are processes after each step. */
async function keptAfterEach(session: SandboxSession, live: () => number): Promise<number[]> {
  const random = seededRandom(5);
  const states: StepState[] = [];
  const kept: number[] = [];
  for (let i = 0; i < NODES; i++) {
    const parent = random() < 0.3 ? null : states[Math.floor(random() * states.length)] ?? null;
    const code = CODES[Math.floor(random() * CODES.length)] ?? "x = 1";
    const before = live();
    const { state } = await session.run({ parent, code, keep: true });
    assert(state !== null);
    states.push(state);
    kept.push(live() - before);
  }
  return kept;
}

/** Grows the tree in a fresh session, `busy` processes beside it. */
async function keptAmong(busy: number): Promise<number[]> {
  await using sandbox = await openReal({ memoryReserveBytes: 0 });
  const others = Array.from(
    { length: busy },
    () => new Deno.Command("sh", { args: ["-c", "while :; do :; done"] }).spawn(),
  );
  try {
    await using session = sandbox.openSession();
    return await keptAfterEach(session, () => sandbox.metrics().liveStates);
  } finally {
    for (const other of others) other.kill("SIGKILL");
    await Promise.all(others.map((other) => other.status));
  }
}

testReal("which states are kept does not depend on how busy the machine is", async () => {
  const cores = navigator.hardwareConcurrency;
  const calm = await keptAmong(0);
  assert(calm.some((count) => count > 0) && calm.some((count) => count === 0));
  for (const busy of [2 * cores, 4 * cores]) {
    const kept = await keptAmong(busy);
    const same = kept.filter((count, i) => count === calm[i]).length;
    assert(same >= 0.95 * NODES, `${same} of ${NODES} with ${busy} busy processes`);
  }
});
