/** Variables that libraries for accelerators look at; a command of the user gets the whole environment. */
const TRAINER_VARIABLES =
  /^(PATH|HOME|LANG|TMPDIR|LD_LIBRARY_PATH|HF_HOME|(CUDA|NCCL|OMP|TORCH|TRITON|SLURM)_.*)$/;

/** Variables that a trainer gets from our environment. */
export function trainerEnvironment(isUsersCommand: boolean): Readonly<Record<string, string>> {
  const all = Deno.env.toObject();
  if (isUsersCommand) return all;
  return Object.fromEntries(Object.entries(all).filter(([name]) => TRAINER_VARIABLES.test(name)));
}
