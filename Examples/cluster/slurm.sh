#!/bin/bash
#SBATCH --job-name=volley
#SBATCH --cpus-per-task=16
#SBATCH --time=02:00:00
#SBATCH --requeue
# Measures a network in eight tasks of an array, and joins them in a job that waits for all eight:
#   ./slurm.sh vit.volley test vit.json
# A task that Slurm stops and queues again goes on from its shard's file.
set -euo pipefail
if [ $# -ne 3 ]; then
  echo "usage: ./slurm.sh NETWORK DATA RESULT.json" >&2
  exit 2
fi
network=$1 data=$2 result=$3

if [ -n "${SLURM_ARRAY_TASK_ID:-}" ]; then
  exec volley evaluate "$network" "$data" --steps 8 --threads "${SLURM_CPUS_PER_TASK:-1}" --json "$result"
fi

# Where there is no task yet, it queues the array and what comes after it.
shards=8
array=$(sbatch --parsable --array="1-$shards" "$0" "$@")
files=$(printf "%q" "${result%.*}").*-of-$shards.shard
sbatch --job-name=volley-merge --dependency="afterok:${array%%;*}" --time=00:10:00 \
  --wrap="volley merge $files --json $(printf "%q" "$result")"
