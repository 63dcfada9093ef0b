import { testReal } from "../real_sandbox.ts";
import { runUnittests } from "./_unittests.ts";

testReal("the supervisor's own unit tests pass", () => runUnittests("test_*.py"));
