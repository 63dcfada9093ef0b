/**
 * A transport that takes a server as it is: what it refuses in the form of a request is left out, renamed or asked for one by one, found
 * out once and remembered. One of the project's two places that repeat a request, and never the same form twice but for one 500.
 */
import { ProviderError } from "../core/mod.ts";
import { type Change, changeAskedFor, EXTRA_FIELDS, refusesForm } from "./_refusal.ts";
import type { CallOptions } from "./policy.ts";
import type { RequestBody, Transport } from "./transport.ts";

/** Changes that a server wants in the requests it gets. Kept with the run. */
export interface Adaptations {
  /** Fields that it refuses: what they ask for was not applied. */
  readonly leftOut: readonly string[];
  /** Fields that it knows under another name. */
  readonly renamed: Readonly<Record<string, string>>;
  /** Whether it refuses several choices in one request. */
  readonly oneByOne: boolean;
  /** Whether it answers by events only. */
  readonly streams: boolean;
}

/** A transport that remembers what its server refused. */
export interface AdaptingTransport extends Transport {
  adaptations(): Adaptations;
}

/**
 * Wraps the transport to a policy.
 *
 * @param onChange Told once of everything that is found.
 */
export function adaptingTransport(
  transport: Transport,
  onChange: (message: string) => void,
): AdaptingTransport {
  const changes = new Map<string, Change>();
  const answered = new Set<string>();
  const learn = (change: Change) => {
    const key = JSON.stringify(change);
    if (changes.has(key)) return;
    changes.set(key, change);
    onChange(`${transport.url} ${sentence(change)}`);
  };
  const request = async (path: string, body: RequestBody, options?: CallOptions) => {
    // A greedy request for several choices is refused as such; that says nothing of others.
    let once: readonly Change[] = [];
    for (;;) {
      const sent = inForm(body, [...changes.values(), ...once]);
      try {
        const reply = await transport.request(path, sent, options);
        answered.add(path);
        return reply;
      } catch (error) {
        if (!refusesForm(error)) throw error;
        const change = changeAskedFor(error, sent);
        if (change?.kind === "one by one" && sent["temperature"] === 0) once = [...once, change];
        else if (change !== null) learn(change);
        else if (answered.has(path)) throw error;
        else {
          const found = await tryOthers(transport, { path, sent, options, error });
          found.changes.forEach(learn);
          answered.add(path);
          return found.reply;
        }
      }
    }
  };
  return {
    url: transport.url,
    request: (path, body, options) =>
      body !== null && path.endsWith("/completions")
        ? request(path, body, options)
        : transport.request(path, body, options),
    adaptations: () => adaptationsOf([...changes.values()]),
  };
}

/** A body as the server wants it. */
function inForm(body: RequestBody, changes: readonly Change[]): RequestBody {
  return changes.reduce<RequestBody>((form, change) => {
    switch (change.kind) {
      case "leave out":
        return Object.fromEntries(Object.entries(form).filter(([name]) => name !== change.field));
      case "rename":
        return Object.fromEntries(
          Object.entries(form).map(([name, value]) => [
            name === change.field ? change.to : name,
            value,
          ]),
        );
      case "one by one":
        return { ...form, n: 1 };
      case "stream":
        return "stream" in form
          ? form
          : { ...form, stream: true, stream_options: { include_usage: true } };
    }
  }, body);
}

/**
 * Tries other forms of a request that was refused without a reason: one by one, then without each field that not every server knows,
 * then without all of them.
 *
 * @throws {ProviderError} The refusal, if no form is taken.
 */
async function tryOthers(
  transport: Transport,
  { path, sent, options, error }: {
    readonly path: string;
    readonly sent: RequestBody;
    readonly options: CallOptions | undefined;
    readonly error: ProviderError;
  },
): Promise<{ readonly reply: unknown; readonly changes: readonly Change[] }> {
  const single: readonly Change[] = Number(sent["n"]) > 1 ? [{ kind: "one by one" }] : [];
  const fields = EXTRA_FIELDS.filter((name) => name in sent)
    .map((field): Change => ({ kind: "leave out", field }));
  const again: readonly (readonly Change[])[] = (error.status ?? 0) >= 500 ? [[]] : [];
  const forms = [
    ...again,
    ...single.map((one) => [one]),
    ...fields.map((one) => [one]),
    fields,
    [...single, ...fields],
  ];
  for (const changes of forms) {
    try {
      return { reply: await transport.request(path, inForm(sent, changes), options), changes };
    } catch (other) {
      if (!refusesForm(other)) throw other;
    }
  }
  throw error;
}

function adaptationsOf(changes: readonly Change[]): Adaptations {
  return {
    leftOut: changes.flatMap((one) => one.kind === "leave out" ? [one.field] : []),
    renamed: Object.fromEntries(
      changes.flatMap((one) => one.kind === "rename" ? [[one.field, one.to]] : []),
    ),
    oneByOne: changes.some(({ kind }) => kind === "one by one"),
    streams: changes.some(({ kind }) => kind === "stream"),
  };
}

/** Fields by which a text is sampled: without one the server's own value holds. */
const SAMPLING: ReadonlySet<string> = new Set(["temperature", "top_p", "stop"]);

function sentence(change: Change): string {
  switch (change.kind) {
    case "leave out":
      return SAMPLING.has(change.field)
        ? `refuses "${change.field}": it is left out, and what was set for it is not applied`
        : `refuses "${change.field}": it is left out`;
    case "rename":
      return `calls "${change.field}" "${change.to}"`;
    case "one by one":
      return "refuses several choices in one request: every candidate is a request of its own";
    case "stream":
      return "answers by events only: it is asked for them";
  }
}
