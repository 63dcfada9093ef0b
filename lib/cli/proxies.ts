import { PROXY_VARIABLES, proxyEnvironment } from "../process/bare/mod.ts";

/**
 * Keeps what this process, and all that it starts, sends within this machine from the user's proxies. The launcher does the same for
 * what it starts; here it also holds without the launcher, and for this machine's own name.
 */
export function spareLoopback(): void {
  const environment = proxyEnvironment(Deno.env.toObject(), Deno.hostname());
  for (const name of PROXY_VARIABLES) {
    const value = environment[name];
    if (value === undefined) Deno.env.delete(name);
    else Deno.env.set(name, value);
  }
}
