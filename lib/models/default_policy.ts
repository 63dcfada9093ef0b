import { join } from "node:path";
import { PROJECT_ROOT } from "../process/mod.ts";

/** Policy that is used where none is named: the base model that ships. */
export const DEFAULT_POLICY = join(PROJECT_ROOT, "fixtures/starter/base");
