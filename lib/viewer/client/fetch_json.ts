import type { ErrorReply } from "../api.ts";

/** Asks the server; empty parameters are left out. */
export async function fetchJson<T>(
  path: string,
  parameters: Readonly<Record<string, string | number | undefined>> = {},
): Promise<T> {
  const query = new URLSearchParams();
  for (const [name, value] of Object.entries(parameters)) {
    if (value !== undefined && value !== "") query.set(name, String(value));
  }
  const response = await fetch(`${path}?${query}`);
  if (response.ok) return await response.json();
  const { error }: ErrorReply = await response.json();
  throw new Error(error);
}
