/** The user stopped the command. Exit code 130. */
export class Interrupted extends Error {
  override readonly name = "Interrupted";
}

/** Two signals for two interrupts: the first asks to finish what is in flight, the second stops now. */
export interface StopSignals {
  /** Aborts at the first interrupt. */
  readonly stopAdmitting: AbortSignal;
  /** Aborts at the second. */
  readonly stopNow: AbortSignal;
}
