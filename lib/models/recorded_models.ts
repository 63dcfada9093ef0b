import {
  type Policy,
  type Ppm,
  recordedAbility,
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
export async function recordedModels<Models extends ServedModels>(
  models: Models,
  { replies, names }: RecordedModelsOptions,
): Promise<Models> {
  const named = <Model extends Policy | Ppm>(model: Model, name: string | undefined): Model =>
    name === undefined ? model : { ...model, description: { ...model.description, model: name } };
  const policy = named(models.policy, names?.policy);
  const tokens = await recordedAbility(policy, replies);
  return {
    ...models,
    policy: recordedPolicy({ ...policy, tokens }, replies),
    ppm: models.ppm === null ? null : recordedPpm(named(models.ppm, names?.ppm), replies),
  };
}
