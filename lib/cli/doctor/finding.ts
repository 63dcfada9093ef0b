/** One thing that was looked at. */
export interface Finding {
  readonly name: string;
  readonly ok: boolean;
  /** What was found, or what is wrong and what to do about it; empty when the name says all. */
  readonly detail: string;
}

/** Takes findings as they come. */
export type Say = (finding: Finding) => void;

/** Turns a failure of a check into its finding; whatever is no failure of this machine goes on. */
export async function finding(
  name: string,
  check: () => Promise<string> | string,
): Promise<Finding> {
  try {
    return { name, ok: true, detail: await check() };
  } catch (error) {
    if (!(error instanceof Error)) throw error;
    return { name, ok: false, detail: error.message };
  }
}
