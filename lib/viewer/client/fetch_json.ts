import type { ErrorReply } from "../api.ts";

/**
 * Asks the server; empty parameters are left out.
 *
 * @throws {Error} If there is no answer, or another one than was asked for; its message is for the reader of the page.
 */
export async function fetchJson<T>(
  path: string,
  parameters: Readonly<Record<string, string | number | undefined>> = {},
): Promise<T> {
  const query = new URLSearchParams();
  for (const [name, value] of Object.entries(parameters)) {
    if (value !== undefined && value !== "") query.set(name, String(value));
  }
  let response: Response;
  try {
    response = await fetch(`${path}?${query}`);
  } catch (cause) {
    throw new Error("The viewer has ended; start deno task view again to go on", { cause });
  }
  if (response.ok) return await response.json();
  const { error }: ErrorReply = await response.json();
  throw new Error(error);
}
