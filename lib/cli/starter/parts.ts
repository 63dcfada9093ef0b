import { completionsPolicy, EndpointPool, openTransport } from "../../endpoint/mod.ts";
import { startEmbeddedEngine } from "../../engine/mod.ts";
import { readProblems } from "../../datasets/mod.ts";
import { type BaseFigures, checkBase } from "../../starter/mod.ts";
import type { Problem } from "../../core/mod.ts";
import { openSandbox, pythonInterpreter } from "../host.ts";
import type { StarterTaskParts } from "./starter_task.ts";

/** Options of {@linkcode starterParts}. */
export interface StarterPartsOptions {
  /** Everything that must be closed at the end. */
  readonly resources: AsyncDisposableStack;
  readonly onProgress: (message: string) => void;
  readonly signal: AbortSignal;
}

/** A line of progress after so many problems. */
const PROGRESS_STEP = 50;

/** Real parts: the models environment, the embedded engine, the sandbox. */
export function starterParts(options: StarterPartsOptions): StarterTaskParts {
  const { resources, onProgress, signal } = options;
  let opening: ReturnType<typeof openSandbox> | null = null;
  const sandbox = async () => {
    opening ??= openSandbox({ onProgress, signal }).then((one) => resources.use(one));
    return await opening;
  };
  const interpreter = () => pythonInterpreter("models", { onProgress, signal });
  return {
    interpreter,
    readProblems: (path) => readProblems(path, { readParquet: noParquet }),
    measure: async (checkpoint: string, problems: readonly Problem[]): Promise<BaseFigures> => {
      const confined = await sandbox();
      await using engine = await startEmbeddedEngine({
        interpreter: await interpreter(),
        policy: checkpoint,
        onProgress,
        signal,
      });
      await using pool = new EndpointPool([openTransport(engine.url)]);
      const policy = completionsPolicy({ pool, model: "policy", sendsSeed: true, findings: {} });
      return await checkBase({ policy, sandbox: confined }, {
        problems,
        signal,
        onProgress: (done) => {
          if (done % PROGRESS_STEP === 0) onProgress(`measured ${done} of ${problems.length}`);
        },
      });
    },
  };
}

/** The starter world is JSON lines; reading Parquet would load a database for nothing. */
function noParquet(path: string): Promise<never> {
  return Promise.reject(new TypeError(`Cannot read "${path}" here: expected JSON lines`));
}
