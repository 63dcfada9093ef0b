import { z } from "zod";
import type { Json } from "../core/mod.ts";

/** Made once: building this schema takes longer than most values take to check. */
const AnyJson = z.json();

/** A JSON column that was read as text. */
export const JsonColumn = z.string().transform((text): Json => AnyJson.parse(JSON.parse(text)));
