/** Names of the sets of the starter world and of its control world; a world's name alone means its training problems. */
const STARTER_SET = /^(starter|control)(?:_(train|validation|test|ood))?$/;

/** A set of the starter world. */
export interface StarterSet {
  readonly world: "starter" | "control";
  readonly split: "train" | "validation" | "test" | "ood";
}

/** The set of the starter world that a name means; `null` for any other set, and for files. */
export function starterSet(name: string): StarterSet | null {
  const match = STARTER_SET.exec(name);
  if (match === null) return null;
  const [, world, split = "train"] = match;
  return { world, split } as StarterSet;
}

/** Whether a name means a set of the starter world. */
export function isStarterSet(name: string): boolean {
  return starterSet(name) !== null;
}
