#!/bin/sh
# answer.sh - a worker in a few lines of shell, by way of cinit.take: each connection or
# datagram is this script's standard input and output, one at a time for each worker.
#
#   svc/answer/on -> /usr/local/sbin/cinit.take
#   svc/answer/on.params        /usr/local/libexec/answer.sh
#   svc/answer/listen           tcp 127.0.0.1:7007
#   svc/answer/pool/mode        dispatch
#
# It reads one line: "time", "rank" (of the worker), or anything, which comes back.
IFS= read -r line || [ -n "$line" ] || exit 0
case $line in
time) date ;;
rank) echo "$CINIT_RANK" ;;
*) printf '%s\n' "$line" ;;
esac
