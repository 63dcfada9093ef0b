/** Returns a value that lies strictly between 0 and 1. */
export function checkFraction(what: string, value: number): number {
  if (value > 0 && value < 1) return value;
  throw new RangeError(`Cannot compute with ${what} ${value}: expected a number between 0 and 1`);
}

/** Returns a whole number that is at least `low`. */
export function checkWhole(what: string, value: number, low: number): number {
  if (Number.isSafeInteger(value) && value >= low) return value;
  throw new RangeError(
    `Cannot compute with ${what} ${value}: expected a whole number from ${low} on`,
  );
}

/** Throws for a list that is too short to say anything. */
export function checkLength(what: string, values: ArrayLike<unknown>, low: number): void {
  if (values.length >= low) return;
  throw new RangeError(
    `Cannot compute ${what} of ${values.length} values: expected at least ${low}`,
  );
}

/** Throws for lists that should pair up and do not. */
export function checkSameLength(
  what: string,
  first: ArrayLike<unknown>,
  second: ArrayLike<unknown>,
): void {
  if (first.length === second.length) return;
  throw new RangeError(
    `Cannot compute ${what}: expected lists of one length, got ${first.length} and ${second.length}`,
  );
}
