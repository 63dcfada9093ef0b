import { readScores } from "./pooling_ppm.ts";
import type { EndpointSettings } from "./cure.ts";
import type { PpmFindings, ProbeOptions } from "./probe.ts";
import { fatal, offersLoad, patiently, probing, servedModel, unlessRefused } from "./_served.ts";
import type { Transport } from "./transport.ts";

/** Texts of different length and kind, so that their scores differ. */
const TEXTS = ["1", "1 + 1 = 2", "1 + 1 = 3\n".repeat(8), "#".repeat(40)];

/** How far a sigmoid computed elsewhere may lie from ours. */
const TOLERANCE = 1e-3;

/**
 * Asks a PPM endpoint what it serves, and whether scores come back as the model gives them.
 *
 * @throws {ProviderError} If it cannot be reached, does not serve the model, gives no score, or gives scores that went through a
 * sigmoid: their order would be right and every value wrong.
 */
export function probePpm(transport: Transport, options: ProbeOptions): Promise<PpmFindings> {
  const { flag, keyVariable } = options;
  const settings: EndpointSettings = { role: "ppm", flag, keyVariable };
  return probing(settings, () => findOut(transport, { ...options, settings }));
}

async function findOut(
  transport: Transport,
  options: ProbeOptions & { readonly settings: EndpointSettings },
): Promise<PpmFindings> {
  const { url } = transport;
  const { ownedBy: _, ...served } = await servedModel(transport, options);
  const score = async (fields: Readonly<Record<string, unknown>>) => {
    const body = { model: served.model, input: TEXTS, ...fields };
    const reply = await transport.request("../pooling", body, options);
    return readScores(reply, url, TEXTS.length);
  };
  const { logits, countedTokens } = await patiently(
    () => score({ use_activation: false }),
    options,
  );
  const isRaw = logits.some((logit) => logit < 0 || logit > 1) ? true : comparedWith(
    logits,
    (await unlessRefused(() => score({ use_activation: true }), options))?.logits ?? null,
  );
  if (isRaw === false) {
    throw fatal(
      `Cannot use the scores of ${url}: it ignores "use_activation": false and gives them through a sigmoid; ` +
        "use a server that does not, such as vLLM with --runner pooling",
    );
  }
  const countsTokens = countedTokens !== null;
  return {
    url,
    ...served,
    countsTokens,
    isRaw,
    offersLoad: await offersLoad(transport, options),
    notices: countsTokens
      ? []
      : [`${url} counts no tokens: tokens and costs are estimated from the text`],
  };
}

/** Scores that all lie between 0 and 1 may be logits or not: what does the activation make of them? */
function comparedWith(
  logits: readonly number[],
  activated: readonly number[] | null,
): boolean | null {
  if (activated === null) return null;
  const isClose = (a: number, b: number) => Math.abs(a - b) < TOLERANCE;
  if (logits.every((logit, i) => isClose(sigmoid(logit), activated[i] ?? NaN))) return true;
  if (logits.every((logit, i) => isClose(logit, activated[i] ?? NaN))) return false;
  return null;
}

function sigmoid(x: number): number {
  return 1 / (1 + Math.exp(-x));
}
