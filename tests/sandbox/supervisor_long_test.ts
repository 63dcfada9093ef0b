import { testReal } from "../real_sandbox.ts";
import { runUnittests } from "./_unittests.ts";

testReal(
  "what the host does to a step is never a verdict on it, and what no limit counts is bounded",
  () => runUnittests("long_*.py"),
);
