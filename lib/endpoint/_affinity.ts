/** Which endpoint the requests of one session go to: rendezvous hashing with bounded loads (docs/endpoints.md, "Affinity"). */
import type { Member } from "./_member.ts";

/** Share of the mean load from which on a session's own endpoint is left for the next one. */
const BOUND = 1.25;

/**
 * Endpoints in the order in which a session wants them. One that joins or leaves moves the sessions that want it, and no others.
 *
 * @param members Endpoints that may be used.
 */
export function preferred(members: readonly Member[], session: string): readonly Member[] {
  return members.map((member) => ({ member, weight: weight(session, member.transport.url) }))
    .toSorted((a, b) =>
      b.weight - a.weight || (a.member.transport.url < b.member.transport.url ? -1 : 1)
    )
    .map(({ member }) => member);
}

/** Whether an endpoint takes more than its share of what is in flight, so that a request goes elsewhere although the session wants it. */
export function isOverloaded(member: Member, members: readonly Member[]): boolean {
  const held = members.reduce((sum, { server }) => sum + server.held, 0);
  const limit = members.reduce((sum, { server }) => sum + server.limit, 0);
  // With the request itself; of few requests each endpoint may have one.
  return member.server.held + 1 > Math.ceil(BOUND * (held + 1) * (member.server.limit / limit));
}

/** Hash of both texts (FNV-1a with a final mix), 32 bits: equal everywhere, and cheap enough for every request. */
function weight(session: string, url: string): number {
  let hash = 0x811c9dc5;
  for (const sign of `${session}\n${url}`) {
    hash = Math.imul(hash ^ (sign.codePointAt(0) ?? 0), 0x01000193);
  }
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return (hash ^ (hash >>> 16)) >>> 0;
}
