#!/bin/sh
# Stops the program's container, or notes that a program that does its work once has ended.
# usage: stop-program.sh PROGRAM FOLDER_OF_THE_BUNDLE RESTART (as the unit has it: always or on-failure)
set -eu
# systemd runs this in both cases, and names the main process only where it is still there (systemd.service, ExecStop=).
if [ -n "${MAINPID:-}" ]; then
  # A preempted machine has 30 seconds: the program gets 25 of them to finish what it has in hand.
  exec docker stop --time=25 "rhythmic-$1"
fi
# What ended well and is started again only after a failure is done for good. A reboot must not begin it again: a
# generator would write the same events a second time. A machine of another template begins anew.
if [ "$3" = on-failure ] && [ "${EXIT_CODE:-}" = exited ] && [ "${EXIT_STATUS:-}" = 0 ]; then
  : > "$2/$1.ended"
  echo "rhythmic-$1: the program has ended; it does not start again on this machine" >&2
fi
