/** A view: part of the public interface, because people write SQL against it. */
export interface View {
  readonly name: string;
  /** Sentence that says what a row is. */
  readonly sentence: string;
  /** Explanations of columns whose names do not say enough, by column. */
  readonly columns: Readonly<Record<string, string>>;
  /** A statement to begin with; every one is run by the tests. */
  readonly example: string;
  /** The SELECT behind the view. */
  readonly sql: string;
}
