/** The command failed, and has told so in its result: nothing is left to say. Exit code 1. */
export class SaidAlready extends Error {
  override readonly name = "SaidAlready";
}
