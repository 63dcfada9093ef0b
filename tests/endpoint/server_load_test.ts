import assert from "node:assert/strict";
import { readServerLoad } from "../../lib/endpoint/mod.ts";
import { Rate } from "../../lib/endpoint/_rate.ts";

Deno.test("readServerLoad() adds up the models of a server and passes other metrics over", () => {
  const page = [
    "# HELP vllm:num_requests_running Number of requests in model execution batches.",
    "# TYPE vllm:num_requests_running gauge",
    'vllm:num_requests_running{engine="0",model_name="po{l}icy"} 12.0',
    'vllm:num_requests_running{engine="0",model_name="ppm"} 1e1',
    'vllm:num_requests_waiting{engine="0",model_name="policy"} 3.0 1764000000000',
    'vllm:num_requests_waiting_by_reason{reason="capacity"} 99.0',
    "vllm:num_requests_waiting 1",
    'vllm:kv_cache_usage_perc{model_name="policy"} 0.5',
  ].join("\n");
  assert.deepEqual(readServerLoad(page), { running: 22, waiting: 4 });
});

Deno.test("readServerLoad() finds nothing where there is nothing", () => {
  assert.equal(readServerLoad(""), null);
  assert.equal(readServerLoad("# HELP\nvllm:num_requests_running 1\n"), null);
  assert.equal(
    readServerLoad("vllm:num_requests_running NaN\nvllm:num_requests_waiting x\n"),
    null,
  );
});

Deno.test("Rate counts over the last ten seconds", () => {
  const rate = new Rate();
  assert.equal(rate.perSecond(500), 0);
  rate.add(100, 1_000);
  assert.equal(rate.perSecond(1_000), 100);
  assert.equal(rate.perSecond(5_000), 25);
  for (let second = 2; second <= 60; second++) rate.add(100, second * 1_000);
  assert.ok(Math.abs(rate.perSecond(60_900) - 100) < 12);
  assert.equal(rate.perSecond(200_000), 0);
});
