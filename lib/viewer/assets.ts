import type { Asset } from "./server.ts";

const FOLDER = new URL("./client/", import.meta.url);

/** Files of the page by their paths. `app.js` is made from the sources beside it by `deno task viewer:build`. */
export async function readAssets(): Promise<Readonly<Record<string, Asset>>> {
  const read = (name: string) => Deno.readTextFile(new URL(name, FOLDER));
  return {
    "/": { type: "text/html; charset=utf-8", body: await read("index.html") },
    "/app.css": { type: "text/css; charset=utf-8", body: await read("app.css") },
    "/app.js": { type: "text/javascript; charset=utf-8", body: await read("dist/app.js") },
  };
}
