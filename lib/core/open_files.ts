/** Advice to a user who needs more open files: a command to run first. */
export const MORE_OPEN_FILES = 'run "ulimit -n 4096" before the command';

/**
 * Explanation and advice where the operating system refuses a file, pipe or connection because too many are open; `null` where it
 * says something else.
 *
 * @param text Its message, in anyone's words.
 */
export function openFilesFault(text: string): string | null {
  return /too many open files|\bE[MN]FILE\b/i.test(text)
    ? `too many files and connections are open; ${MORE_OPEN_FILES}`
    : null;
}
