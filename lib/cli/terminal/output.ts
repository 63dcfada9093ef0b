/** Writes a line to standard output: the result of a command. */
export function print(text: string): void {
  console.log(text);
}

/** Writes a line to standard error: everything that is not the result. */
export function notice(text: string): void {
  console.error(text);
}
