/** The machine on which models are served, as far as serving needs it. */
export interface ModelHost {
  /** Variables of the environment: keys of endpoints, proxies, whatever a serving command of the user's needs. */
  readonly environment: Readonly<Record<string, string>>;

  /**
   * Interpreter of the Python environment `models`, which is built first where it is missing.
   *
   * @throws {InfrastructureError} If it cannot be built.
   */
  interpreter(options: {
    /** Build of torch. */
    readonly torch: string;
    readonly onProgress: (message: string) => void;
    readonly signal: AbortSignal;
  }): Promise<string>;
}
