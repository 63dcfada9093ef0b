/** Cures for faults of an endpoint: each fault has a cure of its own, and a wrong one is worse than none. */
import { ProviderError, type RequestPlace } from "../core/mod.ts";

/** Variables that hold the keys of endpoints, by role. */
export const KEY_VARIABLES = {
  policy: "RSTAR_POLICY_API_KEY",
  ppm: "RSTAR_PPM_API_KEY",
} as const;

/** Names by which a user knows the settings of an endpoint. */
export interface EndpointSettings {
  readonly role: keyof typeof KEY_VARIABLES;
  /** Setting that names its address, `--policy`; `undefined` for the embedded engine, of which there is nothing to set. */
  readonly flag?: string | undefined;
  /** Variable that holds its key. @default that of the role in {@linkcode KEY_VARIABLES} */
  readonly keyVariable?: string | undefined;
}

/** The same failure with its cure at the end of its message; as it is where there is none to name. */
export function withCure(error: ProviderError, settings: EndpointSettings): ProviderError {
  const cure = cureOf(error, settings);
  return cure === null ? error : error.changed({ message: `${error.message}; ${cure}` });
}

/** Cure for a failure; `null` where none is known. */
export function cureOf(error: ProviderError, settings: EndpointSettings): string | null {
  const { place, kind, status } = error;
  const { flag } = settings;
  if (kind === "stalled") {
    return "run the same command again, and give a larger --request-timeout if the machine was only busy";
  }
  if (flag === undefined) return null;
  if (kind === "no reply in time") {
    return "raise --request-timeout if the server is only slow, and look at its log if it hangs";
  }
  if (place === null) {
    return kind === "invalid reply"
      ? `check ${flag}: this is no server of OpenAI's protocol`
      : null;
  }
  const asked: Asked = { ...settings, ...place, flag, said: error.message };
  return status === null ? connectionCure(kind, asked) : statusCure(status, asked);
}

interface Asked extends EndpointSettings, RequestPlace {
  readonly flag: string;
  /** Message of the failure, with what the server said. */
  readonly said: string;
}

function connectionCure(kind: string, asked: Asked): string | null {
  const { flag, url, proxy } = asked;
  const { origin, host, protocol, hostname } = new URL(url);
  switch (kind) {
    case "connection refused":
      return proxy === null ? `start the server or check ${flag}` : proxyCure(proxy, hostname);
    case "proxy unreachable":
    case "proxy refuses":
      return proxyCure(proxy, hostname);
    case "status 407":
      return passwordCure(proxy, hostname);
    case "host not found":
      return proxy === null
        ? `check the spelling of "${hostname}" in ${flag}, or give its IP address`
        : `check the spelling of "${hostname}" in ${flag}, and ${proxyCure(proxy, hostname)}`;
    case "no route":
      return `check the network, and "${hostname}" in ${flag}`;
    case "certificate":
      return certificateCure(asked);
    case "no TLS":
      return `did you mean http://${host} in ${flag}?`;
    case "no HTTP":
      return `did you mean https://${host} in ${flag}, or another port?`;
    case "connection lost":
      return /closed without a reply/.test(asked.said) && protocol === "http:"
        ? `look at the server's log; if it speaks https, give https://${host} in ${flag}`
        : `look at the server's log`;
    case "blocked port":
      return `serve on another port, e.g. 8000, and name it in ${flag}`;
    case "no JSON":
      return `${origin} serves pages where its API is looked for: check host, port and path in ${flag}`;
    default:
      return null;
  }
}

function statusCure(status: number, asked: Asked): string | null {
  const { flag, role, hasKey, proxy, said, url } = asked;
  const key = asked.keyVariable ?? KEY_VARIABLES[role];
  switch (status) {
    case 401:
    case 403:
      return hasKey
        ? `the key in ${key} is not accepted for this: check it`
        : `it wants a key: put it into the variable ${key}`;
    case 404:
      return notFoundCure(asked);
    case 405:
      return `check ${flag}: this is no server of OpenAI's protocol`;
    case 407:
      return passwordCure(proxy, new URL(url).hostname);
    case 429:
      return "lower --concurrency, or wait until the server has time or its quota is renewed";
  }
  if (/https/i.test(said.slice(said.indexOf('"'))) && url.startsWith("http:") && status === 400) {
    return `did you mean https://${new URL(url).host} in ${flag}?`;
  }
  if ([400, 413, 422].includes(status)) {
    return /context length|max_model_len|too long|maximum/i.test(said)
      ? "lower search.maxTokens or search.modelLength (--max-tokens, --model-length) to what the server takes, or serve a longer context"
      : "the server does not take such a request: see what it says, and use one of OpenAI's protocol such as vLLM";
  }
  if (status >= 300 && status < 400) {
    return `give the address to which it leads in ${flag}`;
  }
  if (status === 501 || status === 505) {
    return `check ${flag}: this is no server of OpenAI's protocol`;
  }
  if (status < 500) return null;
  const through = proxy === null ? "" : ` (it is asked through the proxy ${proxy})`;
  return status === 500
    ? "look at the server's log"
    : `it is there but not ready${through}: wait until it has loaded, and look at its log`;
}

function notFoundCure({ flag, role, url, said }: Asked): string {
  if (/\bmodel\b[^]*\b(not|no|unknown)\b|\b(no|unknown) (such )?model\b/i.test(quoted(said))) {
    return `check ${modelSetting({ role, flag })}`;
  }
  const { pathname } = new URL(url);
  if (pathname.endsWith("/pooling")) {
    return `check ${flag}: a PPM needs a pooling route, as vLLM has with --runner pooling`;
  }
  const route = /\/(?:(chat)\/)?completions$/.exec(pathname);
  if (route !== null) {
    const api = route[1] ?? "completions";
    return `check --policy-api: this server may have no route for "${api}"`;
  }
  return `there is no list of models: give the address under which it is in ${flag}, as a rule http://HOST:PORT/v1 without a further path`;
}

/** Words of the server, without our own and its address. */
function quoted(message: string): string {
  return message.slice(message.indexOf('"'));
}

/** The setting that names the model of an endpoint. */
export function modelSetting({ role, flag = "" }: EndpointSettings): string {
  return flag.startsWith("--") ? `--${role}-model` : `"${role}Model" in what ${flag} prints`;
}

function proxyCure(proxy: string | null, hostname: string): string {
  const which = proxy === null ? "the proxy" : `the proxy ${proxy} (http_proxy, https_proxy)`;
  return `check ${which}, or put ${hostname} into no_proxy`;
}

function passwordCure(proxy: string | null, hostname: string): string {
  return `put them into http_proxy and https_proxy (http://USER:PASSWORD@HOST:PORT)` +
    `${proxy === null ? "" : `, now ${proxy}`}, or put ${hostname} into no_proxy`;
}

function certificateCure({ said, flag, url }: Asked): string {
  if (/expired/i.test(said)) {
    return "renew the server's certificate, and check the clock of this machine";
  }
  if (/NotValidForName/i.test(said)) {
    return `give the name for which the certificate was made in ${flag}, not "${
      new URL(url).hostname
    }"`;
  }
  return "name the file of the authority that signed it in the variable DENO_CERT, or set DENO_TLS_CA_STORE=system where the system knows it";
}
