import { z } from "zod";
import type { PathFields, PathUse } from "./path_use.ts";
import { unwrapped } from "./_unwrap.ts";

/** Finds the settings of a schema that name files or folders. */
export function pathFields(schema: z.ZodObject): PathFields {
  const found = fieldsWithin(schema, "");
  const keys = (use: PathUse) => found.filter((one) => one.use === use).map(({ key }) => key);
  return { read: keys("read"), write: keys("write") };
}

interface PathField {
  readonly key: string;
  readonly use: PathUse;
}

function fieldsWithin(schema: z.ZodObject, prefix: string): readonly PathField[] {
  return Object.entries(schema.shape).flatMap(([name, field]): readonly PathField[] => {
    const key = `${prefix}${name}`;
    const { path, settings } = z.globalRegistry.get(field) ?? {};
    if (path === "read" || path === "write") return [{ key, use: path }];
    // A group whose settings are those of another command.
    const within = settings instanceof z.ZodObject ? settings : unwrapped(field);
    return within instanceof z.ZodObject ? fieldsWithin(within, `${key}.`) : [];
  });
}

/** Source of `path_settings.ts`: what the schemas of the commands say, for whoever cannot afford to load them. */
export function pathSettingsSource(commands: Readonly<Record<string, z.ZodObject>>): string {
  const entries = Object.entries(commands).map(([name, schema]) => {
    const { read, write } = pathFields(schema);
    const list = (keys: readonly string[]) =>
      `[\n${keys.map((key) => `      ${JSON.stringify(key)},\n`).join("")}    ]`;
    return `  ${name}: {\n    read: ${list(read)},\n    write: ${list(write)},\n  },\n`;
  });
  return HEAD + entries.join("") + "};\n";
}

const HEAD = `/** Made from the schemas by \`deno task init --path-settings\`; a test compares. */
import type { PathFields } from "./path_use.ts";

// deno-fmt-ignore
/** Settings that name files or folders, by command. The launcher reads them: loading the schemas would take longer than all else it does. */
export const PATH_SETTINGS: Readonly<Record<string, PathFields>> = {
`;
