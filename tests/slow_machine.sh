#!/usr/bin/env bash
# Runs a command as on a slower machine: in a control group that gets so many percent of the machine's processors.
#
#   slow_machine.sh PERCENT COMMAND...        slow_machine.sh 20 deno task evolve --quick
#
# Needs the right to make control groups (root); exits with 77 where that cannot be had. Takes version 2 or 1, whichever is mounted.
set -euo pipefail

percent=$1
shift
period=100000
quota=$((period * $(nproc) * percent / 100))
name=rstar_slow_$$

if [[ -f /sys/fs/cgroup/cgroup.controllers ]]; then
  group=/sys/fs/cgroup/$name
  limit() { echo "$quota $period" >"$group/cpu.max"; }
else
  group=/sys/fs/cgroup/cpu/$name
  limit() { echo $period >"$group/cpu.cfs_period_us" && echo $quota >"$group/cpu.cfs_quota_us"; }
fi
{ mkdir "$group" && limit; } 2>/dev/null || { rmdir "$group" 2>/dev/null; echo "no control group can be made here" >&2; exit 77; }
trap 'rmdir "$group"' EXIT

# The shell that joins the group becomes the command.
bash -c 'echo $$ >"$0/cgroup.procs" && exec "$@"' "$group" "$@"
