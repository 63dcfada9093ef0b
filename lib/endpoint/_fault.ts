/** Faults that keep a reply from coming: how they are recognised by what the runtime says of a connection, and what follows from them. */
import { openFilesFault, type ProviderError } from "../core/mod.ts";

/** A fault of a connection. */
export interface ConnectionFault {
  /** In few words: failures of one kind are counted together, and have the same cure. */
  readonly kind: string;
  /** Description of the fault, for a message. */
  readonly problem: string;
  /** Whether it may pass by itself. */
  readonly isRetryable: boolean;
}

/** The words of Deno 2.9.6, and whether a fault may pass. What is not named here may. */
const FAULTS: readonly {
  readonly words: RegExp;
  readonly kind: string;
  readonly problem?: string;
  readonly isLasting?: boolean;
}[] = [
  { words: /connection refused/i, kind: "connection refused" },
  {
    words: /dns error|failed to lookup address/i,
    kind: "host not found",
    problem: "its host is not found",
  },
  { words: /no route to host|network is unreachable/i, kind: "no route" },
  { words: /invalid peer certificate/i, kind: "certificate", isLasting: true },
  {
    words: /received corrupt message/i,
    kind: "no TLS",
    isLasting: true,
    problem: "what answers there does not speak https",
  },
  {
    words: /invalid HTTP (version|header) parsed/i,
    kind: "no HTTP",
    isLasting: true,
    problem: "what answers there does not speak http",
  },
  {
    words: /connection closed before message completed|tls handshake eof/i,
    kind: "connection lost",
    problem: "the connection was closed without a reply",
  },
  {
    words: /proxy authentication required/i,
    kind: "status 407",
    isLasting: true,
    problem: "the proxy wants a user name and password",
  },
  { words: /proxy server unreachable/i, kind: "proxy unreachable" },
  {
    words: /unsuccessful tunnel|while tunneling/i,
    kind: "proxy refuses",
    problem: "the proxy does not connect to it",
  },
  {
    words: /requests to port \d+ are blocked/i,
    kind: "blocked port",
    isLasting: true,
    problem: "Deno sends nothing to this port, which is another service's",
  },
];

/** Understands what the runtime says of a connection. */
export function connectionFault(message: string): ConnectionFault {
  const openFiles = openFilesFault(message);
  if (openFiles !== null) {
    return { kind: "connection lost", problem: openFiles, isRetryable: true };
  }
  const known = FAULTS.find(({ words }) => words.test(message));
  const clause = (message.split(": ").at(-1) ?? message).replace(/ \(os error \d+\)$/, "");
  const own = known?.kind === "certificate"
    ? `its certificate is not accepted (${clause})`
    : clause.toLowerCase();
  return {
    kind: known?.kind ?? "connection lost",
    problem: known?.problem ?? own,
    isRetryable: known?.isLasting !== true,
  };
}

/** Refused by every request alike: wrong address, model or key. */
const MISPLACED_STATUSES: ReadonlySet<number> = new Set([401, 403, 404, 405, 407]);
const MISPLACED_KINDS: ReadonlySet<string> = new Set(
  ["status 407", ...FAULTS.filter(({ isLasting }) => isLasting).map(({ kind }) => kind)],
);

/** Whether an endpoint is the wrong one for any request: others of a pool may do better. */
export function isMisplaced({ status, kind }: ProviderError): boolean {
  return status === null ? MISPLACED_KINDS.has(kind) : MISPLACED_STATUSES.has(status);
}

/** Besides every other 5xx: request timeout, conflict with a starting server, too early, too many requests. */
const PASSING_STATUSES: ReadonlySet<number> = new Set([408, 409, 425, 429]);
/** Statuses that stay: what a server does not do now it will not do later (not implemented, version of HTTP not supported). */
const LASTING_STATUSES: ReadonlySet<number> = new Set([501, 505]);

/** Whether a refusal may pass by itself; one without a status may. */
export function mayPass(status: number | null): boolean {
  if (status === null || PASSING_STATUSES.has(status)) return true;
  return status >= 500 && !LASTING_STATUSES.has(status);
}

/** Excerpt of what a server said, for a message: one short line without anything a terminal might obey; of a page, its title. */
export function excerpt(text: string): string {
  const title = /^\s*<(?:!doctype|html)[^]*?<title[^>]*>([^<]*)<\/title>/i.exec(text)?.[1];
  const said = title === undefined ? text : `page: ${title}`;
  const line = said.replace(/[\s\p{C}]+/gu, " ").trim();
  return line.length <= 200 ? line : `${line.slice(0, 200)}…`;
}
