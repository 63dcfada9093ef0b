/** Reads settings as they were written, before anything has checked them: values of their fields, and what those name. */
import { resolve } from "node:path";
import { parseJson } from "../../core/bare/mod.ts";

/** The value at a path such as `trainer.accelerate`. */
export function at(settings: Readonly<Record<string, unknown>>, path: string): unknown {
  const [key = "", ...rest] = path.split(".");
  return rest.length === 0 ? settings[key] : at(groupOf(settings, key), rest.join("."));
}

/** Settings in a group of their own, as a value or as JSON: what a study tells its chains under `evolve`, for one. */
export function groupOf(
  settings: Readonly<Record<string, unknown>>,
  name: string,
): Readonly<Record<string, unknown>> {
  const value = settings[name];
  const group = typeof value === "string" ? parseJson(value) : value;
  return typeof group === "object" && group !== null ? { ...group } : {};
}

/** A setting as text; `null` where it is none, or empty. */
export function textOf(value: unknown): string | null {
  return typeof value === "string" && value !== "" ? value : null;
}

/** Texts of a setting: one, a list, or a list with commas. */
export function textsOf(value: unknown): readonly string[] {
  const texts = Array.isArray(value) ? value : [value];
  return texts.flatMap((text) => textOf(text)?.split(",").map((part) => part.trim()) ?? [])
    .filter((text) => text !== "");
}

/** An address is no path. */
const URL_TEXT = /^https?:\/\//;

/** Files and folders that a setting names, as full paths: no URLs, and not standard input. */
export function pathsOf(value: unknown): readonly string[] {
  // JSON is a group of settings, or a mistake.
  const isJson = typeof value === "string" && /^\s*[{[]/.test(value);
  return isJson ? [] : textsOf(value).filter((text) => !URL_TEXT.test(text) && text !== "-")
    .map((text) => resolve(text));
}

/** Hosts, with their ports, of every address among the settings. */
export function urlHosts(settings: Readonly<Record<string, unknown>>): readonly string[] {
  return Object.values(settings).flatMap(textsOf)
    .filter((text) => URL_TEXT.test(text) && URL.canParse(text))
    .map((text) => {
      const { hostname, port, protocol } = new URL(text);
      return `${hostname}:${port === "" ? (protocol === "https:" ? 443 : 80) : port}`;
    });
}

/** Files that a word may name, one or a list with commas; a sentence names none. */
export function wordPaths(word: string): readonly string[] {
  return /[\s<>|*?"']/.test(word) || word.length >= 4096 ? [] : pathsOf(word);
}

/** Variables that the settings of requests name: those of keys, and of headers' values. */
export function requestVariables(settings: Readonly<Record<string, unknown>>): readonly string[] {
  return ["requests", "evolve.requests"].flatMap((group) =>
    ["policy", "ppm"].flatMap((role) => {
      const key = at(settings, `${group}.${role}.apiKeyVariable`);
      const headers = at(settings, `${group}.${role}.headers`);
      const values = Object.values(groupOf({ headers }, "headers")).flatMap(textsOf);
      return [
        ...textsOf(key),
        ...values.flatMap((value) => value.startsWith("$") ? [value.slice(1)] : []),
      ];
    })
  );
}
