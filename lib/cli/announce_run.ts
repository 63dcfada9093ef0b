import { describeChange, type OpenedRun } from "../store/mod.ts";

/** Says which run a command goes on with, and why a new one stands beside an older one. */
export function announceRun(run: OpenedRun, say: (text: string) => void): void {
  if (run.isContinued) say(`Continuing run "${run.name}"`);
  if (run.beside === null) return;
  say(`New run "${run.name}" beside "${run.beside.name}", because these settings differ:`);
  for (const change of run.beside.changes) say(`  ${describeChange(change)}`);
}
