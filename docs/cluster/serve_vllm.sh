#!/usr/bin/env bash
# Serves the models of a round with vLLM for `deno task evolve` (setting hooks.serve).
#
#   serve_vllm.sh POLICY PPM        PPM is empty where search needs none
#
# Prints one line of JSON when both answer, serves until standard input ends, then stops both. POLICY_GPUS and PPM_GPUS name the
# GPUs, POLICY_REPLICAS and PPM_REPLICAS how many copies of a model they hold, POLICY_SPLIT over how many GPUs each copy of the policy
# is split. On a cluster with a scheduler, replace the two `vllm serve` lines by what starts them there (srun, kubectl …) and print the
# addresses of the nodes.
set -euo pipefail

policy=$1
ppm=${2-}
policy_port=${POLICY_PORT:-8000}
ppm_port=${PPM_PORT:-8001}
children=()

stop() {
  for child in "${children[@]}"; do kill "$child" 2>/dev/null || true; done
  wait || true
}
trap stop EXIT

# Standard input ends when `evolve` no longer needs the models, or is gone: perhaps while they are still loading.
trap 'exit 0' TERM
{ while read -r _; do :; done; kill $$; } <&0 &
children+=($!)

# `--generation-config vllm`: what is sampled from is what a request says, not what the checkpoint's generation_config.json would add.
# Everything but the one line of JSON goes to standard error.
CUDA_VISIBLE_DEVICES=${POLICY_GPUS:-0,1,2,3} vllm serve "$policy" --port "$policy_port" --served-model-name policy \
  --generation-config vllm --max-model-len 4096 --data-parallel-size "${POLICY_REPLICAS:-4}" --tensor-parallel-size "${POLICY_SPLIT:-1}" >&2 &
children+=($!)
if [[ -n $ppm ]]; then
  CUDA_VISIBLE_DEVICES=${PPM_GPUS:-4,5,6,7} vllm serve "$ppm" --port "$ppm_port" --served-model-name ppm \
    --max-model-len 4096 --runner pooling --data-parallel-size "${PPM_REPLICAS:-4}" >&2 &
  children+=($!)
fi

# Waits until a server answers; a server that dies ends the wait.
until_healthy() {
  until curl --silent --fail "http://localhost:$1/health" >/dev/null; do
    kill -0 "$2" 2>/dev/null || { echo "the server on port $1 ended" >&2; exit 1; }
    sleep 2
  done
}

until_healthy "$policy_port" "${children[1]}"
host=$(hostname)
if [[ -n $ppm ]]; then
  until_healthy "$ppm_port" "${children[2]}"
  echo "{\"policy\": [\"http://$host:$policy_port/v1\"], \"ppm\": [\"http://$host:$ppm_port/v1\"]}"
else
  echo "{\"policy\": [\"http://$host:$policy_port/v1\"]}"
fi

# Whatever ends first: standard input is heard of by the trap, anything else is a server.
wait -n || true
echo "a server ended" >&2
exit 1
