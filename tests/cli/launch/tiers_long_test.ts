/** Every tier of confinement as users meet it: found by trying, on a machine that refuses the better ones, with what the launcher grants. */
import assert from "node:assert/strict";
import { fileURLToPath } from "node:url";
import { UNSAFE_PHRASE } from "../../../lib/sandbox/mod.ts";
import { BWRAP, CANNOT_RUN, INTERPRETER, NO_NAMESPACES, startsUnder } from "../../real_sandbox.ts";
import { searchPathWithout, writeProgram } from "./_search_path.ts";
import { runTask, type TaskOptions, withAdditions } from "./_task.ts";

const REFUSE = fileURLToPath(new URL("../../machines/refuse.py", import.meta.url));
const refusing = (what: "namespaces" | "landlock") => [INTERPRETER, REFUSE, what];

/** Message of bubblewrap on Ubuntu 24.04 without its profile. */
const UBUNTU = "bwrap: setting up uid map: Permission denied";

/** An ordinary user, as far as the user's own number goes, for whom all files are the caller's. */
const ORDINARY_USER = ["/usr/bin/unshare", "--user", "--map-user=1000", "--map-group=1000"];

interface Machine {
  readonly name: string;
  /** Why it cannot be made here; `null` when it can. */
  readonly cannot: string | null;
  readonly make: (folder: string) => Promise<TaskOptions>;
  /** Message of a search about confinement. */
  readonly says: RegExp;
  readonly args?: readonly string[];
}

const withoutBwrap = async (folder: string): Promise<string> =>
  await searchPathWithout(["bwrap"], `${folder}/programs`);

const MACHINES: readonly Machine[] = [
  {
    name: "tier A where all is there",
    cannot: NO_NAMESPACES,
    make: () => Promise.resolve({}),
    says: /^Sandbox: Tier A: bubblewrap namespaces/m,
  },
  {
    name: "tier B without bubblewrap",
    cannot: null,
    make: async (folder) => ({ env: { PATH: await withoutBwrap(folder) } }),
    says:
      /^Sandbox: Tier A does not work here: .*not installed \(bwrap-missing\); Install bubblewrap .*\nSandbox: Tier B: /m,
  },
  {
    name: "tier B where bubblewrap is refused its namespaces in the words of Ubuntu",
    cannot: null,
    make: async (folder) => {
      const path = await withoutBwrap(folder);
      await writeProgram(`${path}/bwrap`, `echo '${UBUNTU}' >&2\nexit 1`);
      return { env: { PATH: path } };
    },
    says: /^Sandbox: Tier A does not work here: .*\(apparmor\); .*\nSandbox: Tier B: /m,
  },
  {
    name: "tier B where the kernel makes no namespaces",
    cannot: BWRAP === null ? "needs bubblewrap" : null,
    make: () => Promise.resolve({ under: refusing("namespaces") }),
    says: /^Sandbox: Tier A does not work here: .*; .*\nSandbox: Tier B: /m,
  },
  {
    name: "tier C where the kernel has no Landlock",
    cannot: NO_NAMESPACES,
    make: () => Promise.resolve({ under: refusing("landlock") }),
    says:
      /^Sandbox: Tier A does not work here: .*\(no-landlock\).*\nSandbox: Tier B does not work here: .*\(no-landlock\).*\nSandbox: Tier C: /m,
  },
  {
    name: "no confinement where an ordinary user insists",
    cannot: await startsUnder(ORDINARY_USER) ? null : "needs user namespaces",
    make: async (folder) => {
      await writeProgram(`${folder}/no_ci`, 'unset CI\nexec "$@"');
      return { under: [...ORDINARY_USER, `${folder}/no_ci`] };
    },
    args: [`--unsafe-no-sandbox=${UNSAFE_PHRASE}`],
    says: /^WARNING: model-written code runs without confinement/m,
  },
];

for (const { name, cannot, make, says, args = [] } of MACHINES) {
  const reason = CANNOT_RUN ?? cannot;
  Deno.test({
    name: `the launcher grants what a search takes: ${name}${
      reason === null ? "" : ` (${reason})`
    }`,
    ignore: reason !== null,
    fn: () =>
      withAdditions(1, async ({ folder, synth }) => {
        const { code, stderr } = await runTask([...synth, ...args], await make(folder));
        assert.equal(code, 0, stderr);
        assert.match(stderr, says);
      }),
  });
}

Deno.test({
  name: `doctor looks at everything without bubblewrap${
    CANNOT_RUN === null ? "" : ` (${CANNOT_RUN})`
  }`,
  ignore: CANNOT_RUN !== null,
  fn: () =>
    withAdditions(1, async ({ folder }) => {
      const env = { PATH: await withoutBwrap(folder) };
      const { code, stdout, stderr } = await runTask(["doctor", "--db", `${folder}/a.duckdb`], {
        env,
      });
      assert.equal(code, 0, stdout + stderr);
      assert.match(stdout, /steps run in tier B/);
      assert.match(stdout, /^ok {4}grader: \d+ pairs of answers judged right$/m);
    }),
});
