/** A view: part of the public interface, because people write SQL against it. */
export interface View {
  readonly name: string;
  /** What a row is, in a sentence. */
  readonly sentence: string;
  /** What a column's name does not say, by column. */
  readonly columns: Readonly<Record<string, string>>;
  /** A statement to begin with; every one is run by the tests. */
  readonly example: string;
  /** The SELECT behind the view. */
  readonly sql: string;
}
