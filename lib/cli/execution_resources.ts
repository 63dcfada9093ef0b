import type { EvolveConfig } from "../config/mod.ts";
import { type Grader, openGrader } from "../grading/mod.ts";
import type { Sandbox } from "../sandbox/mod.ts";
import { openGradingSandbox, openSandbox } from "./host.ts";

/** Settings of sandbox and grader. */
export type ExecutionConfig = Pick<EvolveConfig, "workers" | "unsafeNoSandbox">;

/** Where steps run and answers are judged. Nothing is started before something needs it: a run that is done needs neither. */
export class ExecutionResources implements AsyncDisposable {
  readonly #config: ExecutionConfig;
  readonly #options: {
    readonly onProgress: (message: string) => void;
    readonly signal: AbortSignal;
  };
  readonly #resources = new AsyncDisposableStack();
  #sandbox: Promise<Sandbox> | null = null;
  #grader: Promise<Grader> | null = null;

  constructor(
    config: ExecutionConfig,
    options: { readonly onProgress: (message: string) => void; readonly signal: AbortSignal },
  ) {
    this.#config = config;
    this.#options = { ...options, onProgress: onceEach(options.onProgress) };
  }

  /** Confined workers for steps. */
  sandbox(): Promise<Sandbox> {
    return this.#sandbox ??= this.#openSandbox();
  }

  /** The grader, with its own confined worker. */
  grader(): Promise<Grader> {
    return this.#grader ??= this.#openGrader();
  }

  /** Ends what was started. */
  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.allSettled([this.#sandbox, this.#grader]);
    await this.#resources.disposeAsync();
  }

  async #openSandbox(): Promise<Sandbox> {
    const { workers, unsafeNoSandbox } = this.#config;
    return this.#resources.use(
      await openSandbox({
        ...this.#options,
        unsafeNoSandbox,
        ...(workers === "auto" ? {} : { workers }),
      }),
    );
  }

  async #openGrader(): Promise<Grader> {
    const { unsafeNoSandbox } = this.#config;
    const sandbox = this.#resources.use(
      await openGradingSandbox({ ...this.#options, unsafeNoSandbox }),
    );
    return this.#resources.use(openGrader({ sandbox }));
  }
}

/** The sandboxes of steps and of the grader have the same things to say. */
function onceEach(say: (message: string) => void): (message: string) => void {
  const said = new Set<string>();
  return (message) => {
    if (said.has(message)) return;
    said.add(message);
    say(message);
  };
}
