import { z } from "zod";
import { unwrapped } from "./_unwrap.ts";
import { fieldType, flagName } from "./resolve.ts";
import { exampleOfSetting, groupOfSetting, type SettingGroup } from "./setting_groups.ts";

/** A setting as help texts and the configuration file show it. */
export interface Setting {
  readonly key: string;
  readonly flag: string;
  readonly description: string;
  /** Type of the field's value: `string`, `number`, `boolean`, `array`, `object`, `union`, `enum` … */
  readonly type: string;
  /** Heading under which help shows it. */
  readonly group: SettingGroup;
  /** A value as one would write it, for a setting that holds JSON. */
  readonly example: string | null;
  /** As a person would write it; `undefined` where there is none. */
  readonly defaultValue: unknown;
}

/** Every setting of a configuration, in the schema's order. */
export function settingsOf(schema: z.ZodObject): readonly Setting[] {
  return Object.entries(schema.shape).map(([key, field]) => ({
    key,
    flag: flagName(key),
    description: describe(field),
    type: fieldType(field),
    group: groupOfSetting(key),
    example: exampleOfSetting(key, fieldType(field)),
    defaultValue: field instanceof z.ZodDefault || field instanceof z.ZodPrefault
      ? field.def.defaultValue
      : undefined,
  }));
}

function describe(field: z.core.$ZodType): string {
  const text = z.globalRegistry.get(field)?.description ?? "";
  const choices = choicesOf(field);
  return choices === null ? text : `${text}; one of ${choices.join(", ")}`;
}

/** Values of an enumeration; `null` for anything else. */
function choicesOf(field: z.core.$ZodType): readonly string[] | null {
  const plain = unwrapped(field);
  return plain instanceof z.ZodEnum ? plain.options.map(String) : null;
}

/** A configuration file in which every setting stands, commented out, with its description and default. */
export function commentedConfig(schema: z.ZodObject): string {
  const lines = settingsOf(schema).flatMap(({ key, description, type, defaultValue }) => {
    const value = defaultValue === undefined ? `… ${type} …` : JSON.stringify(defaultValue);
    return [`  // ${description}`, `  // ${JSON.stringify(key)}: ${value},`, ""];
  });
  return `{\n${lines.join("\n").trimEnd()}\n}\n`;
}
