import type { EndpointPool } from "./endpoint_pool.ts";
import type { TokenPrice } from "./price.ts";

/** A model behind endpoints: what every client of one is made of. */
export interface ServedModelOptions {
  readonly pool: EndpointPool;
  /** Model as the server names it. */
  readonly model: string;
  /** Findings of the probe, for provenance. */
  readonly findings: Readonly<Record<string, unknown>>;
  readonly price?: TokenPrice | null;
  /** Clock in milliseconds. @default `performance.now` */
  readonly now?: () => number;
}
