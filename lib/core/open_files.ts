/** What a user does who needs more open files, as a command's advice. */
export const MORE_OPEN_FILES = 'run "ulimit -n 4096" before the command';

/**
 * What the operating system means that refuses a file, pipe or connection because too many are open, and what to do; `null` where it
 * says something else.
 *
 * @param text What it said, in whoever's words.
 */
export function openFilesFault(text: string): string | null {
  return /too many open files|\bE[MN]FILE\b/i.test(text)
    ? `too many files and connections are open; ${MORE_OPEN_FILES}`
    : null;
}
