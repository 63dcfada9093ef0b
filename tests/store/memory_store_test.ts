import { memoryStore } from "../../lib/store/mod.ts";
import { testStore } from "../conformance/store.ts";

testStore("memory store", () => Promise.resolve(memoryStore()));
