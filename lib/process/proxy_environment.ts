/** Variables that name a proxy, or hosts that are reached without one. */
export const PROXY_VARIABLES: readonly string[] = [
  ...["http_proxy", "https_proxy", "all_proxy", "no_proxy"],
  ...["HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY"],
];

/** Addresses that never leave this machine, in all spellings that clients need: not every client knows networks or strips brackets. */
const LOOPBACK = ["localhost", "127.0.0.1", "127.0.0.0/8", "::1", "[::1]", "0.0.0.0"];

/**
 * The same environment, in which proxies mean the same to every client and traffic within this machine goes through none.
 *
 * `all_proxy` stands in where a scheme has no proxy of its own (Deno lets it win), and both spellings say the same. Where nothing is to go
 * through a proxy (`no_proxy=*`) no variable is left: Deno takes no notice of it for an IP address, but for our own sockets, which it
 * takes for proxies.
 *
 * @param hostname Name of this machine: what is sent there does not leave it either. @default it is not spared
 */
export function proxyEnvironment(
  environment: Readonly<Record<string, string>>,
  hostname?: string,
): Readonly<Record<string, string>> {
  // As curl reads them: the lower case first.
  const given = (name: string) => environment[name] || environment[name.toUpperCase()] || undefined;
  const all = given("all_proxy");
  const proxies = [
    ["http_proxy", given("http_proxy") ?? all],
    ["https_proxy", given("https_proxy") ?? all],
  ] as const;
  const others = Object.entries(environment).filter(([name]) => !PROXY_VARIABLES.includes(name));
  const spared = ["no_proxy", "NO_PROXY"].flatMap((name) => hostsOf(environment[name]));
  if (spared.includes("*")) return Object.fromEntries(others);
  if (proxies.every(([, proxy]) => proxy === undefined)) return environment;
  const hosts = [...spared, ...LOOPBACK, ...(hostname ? [hostname] : [])];
  const named = [...proxies, ["no_proxy", [...new Set(hosts)].join(",")] as const];
  return Object.fromEntries([
    ...others,
    ...named.flatMap(([name, value]) =>
      value === undefined ? [] : [[name, value], [name.toUpperCase(), value]]
    ),
  ]);
}

/** Hosts of a list with commas; programs differ in whether blanks separate as well. */
function hostsOf(list: string | undefined): readonly string[] {
  return (list ?? "").split(/[\s,]+/).filter((host) => host !== "");
}

/**
 * The proxy that a request goes through, for messages: without its user's name and password.
 *
 * @returns `null` where it goes through none.
 */
export function proxyFor(
  url: string,
  environment: Readonly<Record<string, string>>,
): string | null {
  const { protocol, hostname } = new URL(url);
  const { no_proxy, ...proxies } = proxyEnvironment(environment);
  const proxy = proxies[protocol === "https:" ? "https_proxy" : "http_proxy"];
  if (!proxy || hostsOf(no_proxy).some((host) => spares(host, hostname))) return null;
  return proxy.replace(/^([a-z0-9]+:\/\/)?[^/]*@/i, "$1");
}

/** Whether an entry of `no_proxy` spares a host: its name or one above it, its address or the network that it is in. */
function spares(entry: string, hostname: string): boolean {
  const name = entry.replace(/^\*?\./, "").toLowerCase();
  if (hostname === name || hostname.endsWith(`.${name}`)) return true;
  const [network = "", bits] = name.split("/");
  const [from, address] = [ipv4(network), ipv4(hostname)];
  if (bits === undefined || from === null || address === null) return false;
  const size = 2 ** (32 - Number(bits));
  return Math.floor(from / size) === Math.floor(address / size);
}

/** An IPv4 address as a number; `null` for anything else. */
function ipv4(text: string): number | null {
  const parts = text.split(".");
  if (parts.length !== 4 || !parts.every((part) => /^\d{1,3}$/.test(part))) return null;
  return parts.reduce((sum, part) => sum * 256 + Number(part), 0);
}
