import assert from "node:assert/strict";
import fc from "fast-check";
import { CircuitBreaker } from "../../lib/endpoint/mod.ts";

function opened(): CircuitBreaker {
  const breaker = new CircuitBreaker({ failures: 2, openMs: 100, maxOpenMs: 300 });
  breaker.failure(0, breaker.begin(0));
  breaker.failure(0, breaker.begin(0));
  return breaker;
}

Deno.test("a circuit breaker opens after failures in a row, not after failures between successes", () => {
  const breaker = new CircuitBreaker({ failures: 2 });
  breaker.failure(0, false);
  breaker.success(false);
  breaker.failure(0, false);
  assert.equal(breaker.state(0), "closed");
  breaker.failure(0, false);
  assert.deepEqual([breaker.state(0), breaker.allows(0), breaker.openUntil], ["open", false, 1000]);
});

Deno.test("a half-open circuit breaker lets one trial pass; its success closes it", () => {
  const breaker = opened();
  assert.equal(breaker.state(100), "half_open");
  assert.equal(breaker.begin(100), true);
  assert.equal(breaker.allows(100), false);
  breaker.success(true);
  assert.deepEqual([breaker.state(100), breaker.begin(100)], ["closed", false]);
});

Deno.test("a trial that fails opens the circuit breaker for longer, up to a limit", () => {
  const breaker = opened();
  const until: (number | null)[] = [];
  for (let i = 0; i < 3; i++) {
    const now = breaker.openUntil ?? 0;
    breaker.failure(now, breaker.begin(now));
    until.push((breaker.openUntil ?? 0) - now);
  }
  assert.deepEqual(until, [200, 300, 300]);
});

Deno.test("a trial that says nothing gives its place to the next one", () => {
  const breaker = opened();
  breaker.neutral(breaker.begin(100));
  assert.deepEqual([breaker.state(100), breaker.allows(100)], ["half_open", true]);
});

Deno.test("a late success or failure of a request from before does not move an open circuit breaker", () => {
  const breaker = opened();
  breaker.success(false);
  breaker.failure(50, false);
  assert.deepEqual([breaker.state(50), breaker.openUntil], ["open", 100]);
});

Deno.test("trip() opens a circuit breaker at once", () => {
  const breaker = new CircuitBreaker({ openMs: 100 });
  breaker.trip(0, false);
  assert.equal(breaker.state(0), "open");
});

Deno.test("a circuit breaker never lets a request pass while it is open, nor two trials at once", () => {
  const step = fc.record({
    wait: fc.nat(200),
    end: fc.constantFrom("success", "failure", "neutral", "trip"),
    endsLater: fc.boolean(),
  });
  fc.assert(
    fc.property(fc.array(step), (steps) => {
      const breaker = new CircuitBreaker({ failures: 2, openMs: 100, maxOpenMs: 400 });
      const running: boolean[] = [];
      let now = 0;
      const end = (how: string, isTrial: boolean) => {
        if (how === "success") breaker.success(isTrial);
        else if (how === "neutral") breaker.neutral(isTrial);
        else if (how === "failure") breaker.failure(now, isTrial);
        else breaker.trip(now, isTrial);
      };
      for (const { wait, end: how, endsLater } of steps) {
        now += wait;
        if (breaker.allows(now)) {
          assert.notEqual(breaker.state(now), "open");
          const isTrial = breaker.begin(now);
          assert.ok(!isTrial || !running.includes(true));
          if (endsLater) running.push(isTrial);
          else end(how, isTrial);
        } else if (running.length > 0) {
          end(how, running.shift() ?? false);
        }
      }
    }),
    { seed: 20261125 },
  );
});
