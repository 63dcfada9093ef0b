import type { Json } from "../core/mod.ts";
import { resolveLimits } from "../sandbox/mod.ts";

/** The limits of a step that change what its verdict can be, for specifications. */
export function limitsSpec(): Json {
  const { wallMs, cpuMs, memoryBytes, maxOutputBytes, keptOutputBytes } = resolveLimits();
  return { wallMs, cpuMs, memoryBytes, maxOutputBytes, keptOutputBytes };
}
