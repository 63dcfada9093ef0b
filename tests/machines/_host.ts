/** Settings of this machine for registries, certificates and proxies: a fresh machine is told the same, and none is written here. */
import { dirname, join } from "node:path";

/**
 * Variables by which pip, npm, Deno and what they are built on are told where packages are. What npx tells its children besides, such as
 * the folder of this user's cache, means nothing there.
 */
const VARIABLES =
  /^(PIP_|NPM_CONFIG_(registry|ca|cafile|strict_ssl|proxy|https_proxy|noproxy)$|NODE_EXTRA_|SSL_CERT_|(REQUESTS|CURL)_CA_|(https?|no|all)_proxy$)/i;

/** Files for the whole machine. */
const SYSTEM_FILES = [
  "/etc/resolv.conf",
  "/etc/hosts",
  "/etc/pip.conf",
  "/etc/xdg/pip",
  "/etc/npmrc",
  "/usr/etc/npmrc",
  "/etc/ssl/certs/ca-certificates.crt",
];

/** Files of a user, below the home folder. */
const USER_FILES = [".npmrc", ".pip/pip.conf", ".config/pip/pip.conf"];

/** Settings of this machine for another one. */
export interface HostSettings {
  readonly variables: Readonly<Record<string, string>>;
  /** Files and folders to copy: from here, to there; a path there that is not full lies in the user's home. */
  readonly copies: readonly { readonly from: string; readonly to: string }[];
  /** Folders that settings name, such as local wheels: seen from there under the same name. */
  readonly folders: readonly string[];
}

/** Reads them. */
export async function hostSettings(): Promise<HostSettings> {
  const environment = Deno.env.toObject();
  const variables = Object.fromEntries(
    Object.entries(environment).filter(([name]) => VARIABLES.test(name)),
  );
  const home = environment["HOME"] ?? "/";
  const candidates = [
    ...SYSTEM_FILES.map((path) => ({ from: path, to: path })),
    ...USER_FILES.map((name) => ({ from: join(home, name), to: name })),
  ];
  const copies = [];
  for (const copy of candidates) if (await exists(copy.from)) copies.push(copy);
  const texts = [...Object.values(variables), ...await Promise.all(copies.map(pipSettings))];
  const named = texts.flatMap((text) => text.split(/[\s=]+/))
    .map((word) => word.replace(/^file:\/\//, "")).filter((word) => word.startsWith("/"));
  const folders: string[] = [];
  for (const path of new Set(named)) {
    const isFolder = await Deno.stat(path).then((info) => info.isDirectory, () => false);
    if (isFolder && !path.startsWith("/etc/")) folders.push(path);
  }
  // Indexes in a folder name files beside it.
  return { variables, copies, folders: folders.map((path) => indexRoot(path)) };
}

/** Where Debian's packages come from here; nothing where this is no Debian: debootstrap knows a place. */
export async function debianMirror(): Promise<readonly string[]> {
  if (!/^ID=debian$/m.test(await text("/etc/os-release"))) return [];
  const files = ["/etc/apt/sources.list"];
  const folder = "/etc/apt/sources.list.d";
  if (await exists(folder)) {
    for await (const { name } of Deno.readDir(folder)) {
      if (/\.(list|sources)$/.test(name)) files.push(join(folder, name));
    }
  }
  for (const file of files) {
    const found = /^(?:URIs:\s*|deb\s+(?:\[[^\]]*\]\s+)?)(\S+)/m.exec(await text(file));
    if (found?.[1] !== undefined) return [found[1]];
  }
  return [];
}

async function pipSettings({ from }: { readonly from: string }): Promise<string> {
  return /pip/.test(from) ? await text(from.endsWith("pip") ? join(from, "pip.conf") : from) : "";
}

function indexRoot(path: string): string {
  return path.endsWith("/simple") ? dirname(path) : path;
}

function text(path: string): Promise<string> {
  return Deno.readTextFile(path).catch((error: unknown) => {
    if (error instanceof Deno.errors.NotFound) return "";
    throw error;
  });
}

function exists(path: string): Promise<boolean> {
  return Deno.stat(path).then(() => true, () => false);
}
