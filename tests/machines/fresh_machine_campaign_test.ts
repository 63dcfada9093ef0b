/**
 * The README's first command on machines that never saw the project: it ends well, or says what is missing and how to get it. Its size is
 * small; everything is fetched and built, so that a machine takes some minutes.
 */
import assert from "node:assert/strict";
import { type Machine, NO_MACHINES, onMachine, SUITES } from "./_machine.ts";

const FIRST_COMMAND = [
  ...["task", "evolve", "--quick", "--rounds", "1"],
  ...["--problems-per-round", "6", "--eval-problems", "5", "--eval-search", "0"],
];

/** Case of a machine: its state beside its release, and the message that its user reads. */
interface Cell extends Omit<Machine, "suite"> {
  readonly name: string;
  readonly says: RegExp;
  /** @default 0 */
  readonly code?: number;
}

const TIER_A = /^Sandbox: Tier A: /m;
const NO_BUBBLEWRAP =
  /^Sandbox: Tier A does not work here: .*apt-get install bubblewrap.*\nSandbox: Tier B: /m;
const NO_NAMESPACES = /^Sandbox: Tier A does not work here: .*namespace.*\nSandbox: Tier B: /m;

const CELLS: readonly Cell[] = [
  { name: "an ordinary user with bubblewrap", says: TIER_A },
  { name: "an ordinary user without bubblewrap", hasBubblewrap: false, says: NO_BUBBLEWRAP },
  { name: "an ordinary user without namespaces", hasNamespaces: false, says: NO_NAMESPACES },
  { name: "root with bubblewrap", isRoot: true, says: TIER_A },
  { name: "root without bubblewrap", isRoot: true, hasBubblewrap: false, says: NO_BUBBLEWRAP },
  { name: "root without namespaces", isRoot: true, hasNamespaces: false, says: NO_NAMESPACES },
  { name: "root with umask 077", isRoot: true, umask: "077", says: TIER_A },
  {
    name: "a folder with blanks and umlauts",
    project: "/srv/Meine Bäume – 数学",
    says: TIER_A,
  },
  {
    name: "a proxy for http that does not answer",
    env: { http_proxy: "http://127.0.0.1:9" },
    says: TIER_A,
  },
  {
    name: "a home that cannot be written, and is told what to set",
    hasDeno: true,
    canWriteHome: false,
    says: /^error: Cannot fetch the npm packages .*: set DENO_DIR/m,
    code: 1,
  },
  {
    name: "a home that cannot be written, with another folder for Deno",
    hasDeno: true,
    canWriteHome: false,
    env: { DENO_DIR: "/var/tmp/deno" },
    says: TIER_A,
  },
];

/**
 * Whether the builds of torch without CUDA are within reach. Where they are not, a Python for which this machine has no wheel gets as far
 * as the models, and its user must be told how to go on.
 */
async function reachesTorch(): Promise<boolean> {
  try {
    return (await fetch("https://download.pytorch.org/whl/cpu/", { method: "HEAD" })).ok;
  } catch (error) {
    if (error instanceof TypeError) return false;
    throw error;
  }
}

const NO_TORCH =
  /^error: .*Cannot install torch==\S+\+cpu.* let pip reach it \(https_proxy\).*PIP_FIND_LINKS/m;

for (const suite of SUITES) {
  for (const { name, says, code = 0, ...machine } of CELLS) {
    Deno.test({
      name: `the first command on fresh Debian "${suite}", for ${name}${
        NO_MACHINES === null ? "" : ` (${NO_MACHINES})`
      }`,
      ignore: NO_MACHINES !== null,
      fn: async () => {
        const deno = machine.hasDeno ? ["deno"] : ["npx", "-y", "deno@2.9.6"];
        const result = await onMachine({ ...machine, suite }, [...deno, ...FIRST_COMMAND]);
        assert.match(result.log, says);
        if (code === 0 && result.code !== 0 && suite === "trixie" && !await reachesTorch()) {
          assert.match(result.log, NO_TORCH);
        } else assert.equal(result.code, code, result.log);
      },
    });
  }
}
