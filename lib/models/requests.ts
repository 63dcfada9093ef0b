import { ConfigError } from "../core/mod.ts";
import type { ServeSettings } from "../config/mod.ts";
import { type EndpointSettings, KEY_VARIABLES, type TransportOptions } from "../endpoint/mod.ts";
import type { ModelHost } from "./model_host.ts";

/** Settings by which endpoints are asked. */
export type RequestSettings = Pick<ServeSettings, "requestTimeout" | "requests">;

/** Options of a transport as the settings of a role say, with values of headers and the key taken from the environment. */
export interface RoleTransport
  extends Required<Pick<TransportOptions, "apiKey" | "headers" | "extraBody" | "deadlineMs">> {
  /** Variable that holds the key. */
  readonly keyVariable: string;
}

/**
 * Reads how the endpoints of a role are asked.
 *
 * @throws {ConfigError} If a variable that is named is not set.
 */
export function roleTransport(
  role: EndpointSettings["role"],
  { requestTimeout, requests }: RequestSettings,
  { environment }: Pick<ModelHost, "environment">,
): RoleTransport {
  const { headers = {}, extraBody = {}, apiKeyVariable, timeout = requestTimeout } =
    requests[role] ?? {};
  const setting = `requests.${role}`;
  const valueOf = (variable: string, where: string) => {
    const value = environment[variable];
    if (value !== undefined && value !== "") return value;
    throw new ConfigError(
      `Cannot use ${setting}.${where}: expected the variable ${variable} to be set; export it, or name another one`,
    );
  };
  return {
    keyVariable: apiKeyVariable ?? KEY_VARIABLES[role],
    apiKey: apiKeyVariable === undefined
      ? environment[KEY_VARIABLES[role]] ?? null
      : valueOf(apiKeyVariable, "apiKeyVariable"),
    headers: Object.fromEntries(
      Object.entries(headers).map(([name, value]) => {
        const variable = /^\$(\w+)$/.exec(value)?.[1];
        return [name, variable === undefined ? value : valueOf(variable, `headers.${name}`)];
      }),
    ),
    extraBody,
    deadlineMs: timeout * 1000,
  };
}
