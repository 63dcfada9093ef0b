const PROGRAM = new URL("_endpoint_process.ts", import.meta.url).pathname;

/** An endpoint in a process of its own, which can be killed and started again; each time at another port. */
export class EndpointProcess implements AsyncDisposable {
  #child: Deno.ChildProcess | null = null;
  #url = "http://127.0.0.1:9";

  /** Base address; one at which nobody listens while it is down. */
  get url(): string {
    return this.#url;
  }

  get isUp(): boolean {
    return this.#child !== null;
  }

  /** Starts it and waits until it listens. */
  async start(): Promise<void> {
    const child = new Deno.Command(Deno.execPath(), {
      args: ["run", "--quiet", "-A", "--no-check", PROGRAM],
      stdin: "null",
      stdout: "piped",
      stderr: "inherit",
    }).spawn();
    this.#child = child;
    const reader = child.stdout.pipeThrough(new TextDecoderStream()).getReader();
    let text = "";
    while (!text.includes("\n")) {
      const { value, done } = await reader.read();
      if (done) throw new Error(`The endpoint ended before it listened, having said "${text}"`);
      text += value;
    }
    await reader.cancel();
    this.#url = `http://127.0.0.1:${Number(text)}`;
  }

  /** SIGKILL. */
  async kill(): Promise<void> {
    const child = this.#child;
    this.#child = null;
    child?.kill("SIGKILL");
    await child?.status;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.kill();
  }
}
