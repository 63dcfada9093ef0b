/** Fresh machines: a root that debootstrap made, a layer of its own over it for each, and a user who types a command. */
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import assert from "node:assert/strict";
import { findExecutable, runProcess } from "../../lib/process/mod.ts";
import { cloneProject } from "./_clone.ts";
import { debianMirror, hostSettings } from "./_host.ts";

/** Releases of Debian that are tried. */
export const SUITES = ["bookworm", "trixie"] as const;

/** Release of Debian. */
export type Suite = typeof SUITES[number];

/** Packages that the machine's user has installed; bubblewrap is taken away again where it is not wanted. */
const PACKAGES = [
  ...["nodejs", "npm", "python3", "python3-venv", "git", "ca-certificates", "bubblewrap"],
];

const ANNA = { id: 1000, home: "/home/anna" };
const ROOT_HOME = "/root";
const SEARCH_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

/** A machine and who sits at it. */
export interface Machine {
  readonly suite: Suite;
  /** @default an ordinary user */
  readonly isRoot?: boolean;
  /** @default true */
  readonly hasBubblewrap?: boolean;
  /** Whether the kernel makes namespaces. @default true */
  readonly hasNamespaces?: boolean;
  /** @default "022" */
  readonly umask?: string;
  /** Folder of the clone. @default "/srv/rstar" */
  readonly project?: string;
  /** Whether Deno is installed, so that npx is not needed. @default false */
  readonly hasDeno?: boolean;
  /** @default true */
  readonly canWriteHome?: boolean;
  /** Variables besides those of the registries. @default {} */
  readonly env?: Readonly<Record<string, string>>;
}

/** How a command ended. */
export interface MachineResult {
  readonly code: number;
  /** Output on both streams. */
  readonly log: string;
}

/** Why there can be no such machines here; `null` when there can. */
export const NO_MACHINES = Deno.build.os !== "linux"
  ? "needs Linux"
  : Deno.uid() !== 0
  ? "needs root"
  : await findExecutable("debootstrap", SEARCH_PATH) === null
  ? "needs debootstrap"
  : null;

/** Mounts the layer, moves into it and becomes the user: $1 root, $2 work folder, $3 home to protect or nothing, then shared folders up to "--". */
const ENTER = `set -eu
root=$1 work=$2 protected=$3; shift 3
mount -t overlay overlay -o "lowerdir=$root,upperdir=$work/upper,workdir=$work/work" "$work/root"
mount --rbind /dev "$work/root/dev"
mount -t proc proc "$work/root/proc"
while [ "$1" != -- ]; do
  mkdir -p "$work/root$1"; mount --bind "$1" "$work/root$1"; shift
done
shift
cd "$work/root"; mkdir -p .old
pivot_root . .old; umount -l /.old
if [ -n "$protected" ]; then
  mount --bind "$protected" "$protected"; mount -o remount,bind,ro "$protected"
fi
exec "$@"`;

/** Runs a command in the clone of a fresh machine, as its user. */
export async function onMachine(
  machine: Machine,
  command: readonly string[],
): Promise<MachineResult> {
  const root = await rootOf(machine.suite);
  const work = await Deno.makeTempDir({ prefix: "rstar_machine_" });
  try {
    const { variables, copies, folders } = await hostSettings();
    const home = machine.isRoot ? ROOT_HOME : ANNA.home;
    const project = machine.project ?? "/srv/rstar";
    await furnish(`${work}/upper`, { ...machine, project }, { root, home, copies });
    await Deno.mkdir(`${work}/work`);
    await Deno.mkdir(`${work}/root`);
    const { code, stdout } = await runProcess("/usr/bin/unshare", [
      ...["--mount", "--propagation", "private", "/bin/sh", "-c", ENTER, "sh"],
      ...[root, work, machine.canWriteHome === false ? home : "", ...folders, "--"],
      ...["/usr/bin/env", "-C", project],
      ...(machine.hasNamespaces === false ? ["/usr/bin/python3", "/refuse.py", "namespaces"] : []),
      ...(machine.isRoot ? [] : [
        ...["/usr/bin/setpriv", `--reuid=${ANNA.id}`, `--regid=${ANNA.id}`],
        ...["--clear-groups", "--"],
      ]),
      ...["/bin/sh", "-c", 'umask "$0"; exec "$@" 2>&1', machine.umask ?? "022", ...command],
    ], {
      env: { ...variables, PATH: SEARCH_PATH, LANG: "C.UTF-8", HOME: home, ...machine.env },
    });
    return { code, log: stdout };
  } finally {
    await Deno.remove(work, { recursive: true });
  }
}

/** Puts into a machine's own layer what it has beside Debian: its user, the registries' settings, the clone. */
async function furnish(
  upper: string,
  machine: Machine & { readonly project: string },
  { root, home, copies }: {
    readonly root: string;
    readonly home: string;
    readonly copies: readonly { readonly from: string; readonly to: string }[];
  },
): Promise<void> {
  const place = async (path: string) => {
    await Deno.mkdir(dirname(upper + path), { recursive: true });
    return upper + path;
  };
  const passwd = await Deno.readTextFile(`${root}/etc/passwd`);
  const anna = `anna:x:${ANNA.id}:${ANNA.id}::${ANNA.home}:/bin/bash\\n`;
  await Deno.writeTextFile(await place("/etc/passwd"), passwd + anna);
  await Deno.mkdir(await place(home), { recursive: true });
  for (const { from, to } of copies) {
    await run("/bin/cp", ["-rL", from, await place(to.startsWith("/") ? to : join(home, to))]);
  }
  const refuse = fileURLToPath(new URL("refuse.py", import.meta.url));
  await Deno.copyFile(refuse, await place("/refuse.py"));
  if (machine.hasDeno) await Deno.copyFile(Deno.execPath(), await place("/usr/local/bin/deno"));
  await cloneProject(await place(machine.project), machine.umask);
  if (!machine.isRoot) {
    const owner = `${ANNA.id}:${ANNA.id}`;
    await run("/bin/chown", ["-R", owner, upper + home, upper + machine.project]);
  }
  // A character device 0:0 is how a layer says that something below it is gone.
  if (machine.hasBubblewrap === false) {
    await run("/bin/mknod", [await place("/usr/bin/bwrap"), "c", "0", "0"]);
  }
}

/** The root of a release, made once for a machine. */
async function rootOf(suite: Suite): Promise<string> {
  const caches = Deno.env.get("XDG_CACHE_HOME") ?? join(Deno.env.get("HOME") ?? "/tmp", ".cache");
  const root = join(caches, "rstar_machines", suite);
  if (await Deno.stat(root).then(() => true, () => false)) return root;
  const half = `${root}.${Deno.pid}`;
  await Deno.mkdir(dirname(root), { recursive: true });
  try {
    await run("debootstrap", ["--variant=minbase", suite, half, ...await debianMirror()]);
    await installPackages(half);
    await Deno.rename(half, root);
  } catch (error) {
    await Deno.remove(half, { recursive: true }).catch(() => {});
    throw error;
  }
  return root;
}

/** By apt, since debootstrap cannot order what npm is made of. */
async function installPackages(root: string): Promise<void> {
  const { stdout: settings } = await runProcess("/usr/bin/apt-config", ["dump", "Acquire"]);
  const wanted = settings.split("\n").filter((line) => /^Acquire::(https?|Check-)/.test(line));
  await Deno.writeTextFile(`${root}/etc/apt/apt.conf.d/99host`, `${wanted.join("\n")}\n`);
  for (const path of ["/etc/resolv.conf", "/etc/hosts"]) await Deno.copyFile(path, root + path);
  const apt = [root, "/usr/bin/env", "DEBIAN_FRONTEND=noninteractive", "apt-get", "-q", "-y"];
  await run("chroot", [...apt, "update"]);
  await run("chroot", [...apt, "install", "--no-install-recommends", ...PACKAGES]);
  await run("chroot", [...apt, "clean"]);
}

async function run(program: string, args: readonly string[]): Promise<void> {
  const path = await findExecutable(program, SEARCH_PATH) ?? program;
  const { code, stdout, stderr } = await runProcess(path, args, {
    env: { ...Deno.env.toObject(), PATH: SEARCH_PATH },
  });
  assert.equal(code, 0, `${program}: ${stdout.slice(-2000)}${stderr}`);
}
