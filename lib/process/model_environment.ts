/** Variables of every process of ours that loads a model. */
export const MODEL_ENVIRONMENT: Readonly<Record<string, string>> = {
  // Nothing is fetched at run time, and nothing is reported to anybody.
  HF_HUB_OFFLINE: "1",
  HF_HUB_DISABLE_TELEMETRY: "1",
  TOKENIZERS_PARALLELISM: "false",
  // Threads that spin while they wait starve when others use the cores: 40 times slower beside two busy processes.
  OMP_WAIT_POLICY: "PASSIVE",
};
