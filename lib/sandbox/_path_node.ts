/** A logical state: a path of codes, perhaps with a process that has already run it. */
export interface PathNode {
  readonly parent: PathNode | null;
  readonly code: string;
  readonly depth: number;
  /** Cost of a replay of the path, milliseconds. */
  readonly pathMs: number;
  /** Size of the path's codes in a frame. */
  readonly pathBytes: number;
  live: LiveState | null;
  rebuilding: Promise<void> | null;
  isReleased: boolean;
  /** Whether the path holds a code that runs in a process of its own only. */
  isSolitary: boolean;
}

/** Where a state's process is. */
export interface LiveState {
  readonly generation: number;
  readonly id: number;
  /** Steps on their way that fork from it: until they have ended its process stays. */
  users: number;
}

/** The node itself or the next one above that has a process on this worker; the root always has one, the zygote. */
export function nearestLive(node: PathNode, generation: number): PathNode {
  let at = node;
  while (at.parent !== null && at.live?.generation !== generation) at = at.parent;
  return at;
}

/** Codes below `base` down to `node`, in the order in which they ran. */
export function codesBetween(base: PathNode, node: PathNode): string[] {
  const codes: string[] = [];
  for (let at = node; at !== base && at.parent !== null; at = at.parent) codes.push(at.code);
  return codes.reverse();
}
