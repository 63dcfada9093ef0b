import {
  type Policy,
  type Ppm,
  recordedPolicy,
  recordedPpm,
  type RecorderOptions,
} from "../endpoint/mod.ts";
import type { ServedModels } from "./served_models.ts";

/** Options of {@linkcode recordedModels}. */
export interface RecordedModelsOptions {
  /** Where replies are kept, or come from. */
  readonly replies: RecorderOptions;
  /** Names of the models in the recording; those that they are served under where there are none. */
  readonly names?: { readonly policy: string; readonly ppm: string };
}

/** The models with their replies kept, or replaced by what was kept. */
export function recordedModels<Models extends ServedModels>(
  models: Models,
  { replies, names }: RecordedModelsOptions,
): Models {
  const named = <Model extends Policy | Ppm>(model: Model, name: string | undefined): Model =>
    name === undefined ? model : { ...model, description: { ...model.description, model: name } };
  return {
    ...models,
    policy: recordedPolicy(named(models.policy, names?.policy), replies),
    ppm: models.ppm === null ? null : recordedPpm(named(models.ppm, names?.ppm), replies),
  };
}
