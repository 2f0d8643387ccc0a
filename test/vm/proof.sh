#!/bin/sh
# proof.sh - what `make proof-vm` runs: power goes off 20 times, in four ways.
set -eu

cd "$(dirname "$0")/.."
CINIT_ROUNDS=${CINIT_ROUNDS:-5}
export CINIT_ROUNDS
exec bats -f 'power off at some moment|same during the boot|asked for twice|power goes' 70-machine.bats
