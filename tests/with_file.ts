import { join } from "node:path";
import { withFolder } from "./with_folder.ts";

/** Runs a test with a file in a folder of its own, which is gone afterwards. */
export function withFile<T>(
  name: string,
  content: string | Uint8Array,
  body: (path: string) => Promise<T>,
): Promise<T> {
  return withFolder(async (folder) => {
    const path = join(folder, name);
    await Deno.writeFile(
      path,
      typeof content === "string" ? new TextEncoder().encode(content) : content,
    );
    return await body(path);
  });
}
