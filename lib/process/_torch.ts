import { InfrastructureError } from "../core/bare/mod.ts";
import { pipInstall, type PipTarget } from "./_pip.ts";

const TORCH = "torch==2.13.0";

/** No other build has this version: whatever index answers, it cannot be one with gigabytes of CUDA. */
const TORCH_CPU = `${TORCH}+cpu`;
const CPU_INDEX = "https://download.pytorch.org/whl/cpu";
const CPU_INDEX_TIMEOUT_S = 10;

/**
 * Installs the build of torch that is wanted, without what it needs: that is pinned.
 *
 * @param build `cpu`, the URL of an index, or `cuda`, which comes later (see {@linkcode completeTorch}).
 * @throws {InfrastructureError} If there is none.
 */
export async function installTorch(target: PipTarget, build: string): Promise<void> {
  if (build === "cuda") return;
  if (build !== "cpu") {
    return await pipInstall(target, ["--no-deps", "--index-url", build, TORCH], 1);
  }
  const patience = ["--retries", "0", "--timeout", String(CPU_INDEX_TIMEOUT_S)];
  try {
    await pipInstall(target, [...patience, "--no-deps", "--index-url", CPU_INDEX, TORCH_CPU], 1);
  } catch (error) {
    if (!(error instanceof InfrastructureError)) throw error;
    await installCpuFromElsewhere(target);
  }
}

/** A mirror that pip is set up for may have it as well. */
async function installCpuFromElsewhere(target: PipTarget): Promise<void> {
  try {
    await pipInstall(target, ["--no-deps", TORCH_CPU], 1);
  } catch (error) {
    if (!(error instanceof InfrastructureError)) throw error;
    throw new InfrastructureError(
      "process",
      `Cannot install ${TORCH_CPU}, the build of torch without CUDA: ${CPU_INDEX} cannot be reached or has none for ` +
        "this Python and machine, and pip's own index has none either; let pip reach it (https_proxy), name another index with --torch URL " +
        "or a folder with the wheel in PIP_FIND_LINKS, or take the build with CUDA with --torch cuda " +
        "(0.5 GB, and gigabytes of CUDA libraries; it runs without a GPU as well)",
      { cause: error },
    );
  }
}

/**
 * Installs what a build of torch needs besides what is pinned: the libraries of CUDA. The default build itself comes with them.
 *
 * @throws {InfrastructureError} If pip fails.
 */
export async function completeTorch(target: PipTarget, build: string): Promise<void> {
  if (build === "cpu") return;
  // A build that is there already stays, whatever the index has: only its needs are looked for.
  await pipInstall(target, [build === "cuda" ? TORCH : "torch"], 1);
}
