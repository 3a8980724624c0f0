#!/bin/sh
# Mounts the data disk; makes a file system on it only where there is none at all.
# usage: mount-data-disk.sh DEVICE FOLDER
set -eu
device=$1
folder=$2

mkdir -p "$folder"
if mountpoint -q "$folder"; then exit 0; fi
# blkid answers 2 where it finds nothing; any other failure must not be taken for an empty disk.
status=0
blkid "$device" > /dev/null || status=$?
case $status in
  0) fsck.ext4 -p "$device" || [ $? -le 1 ] ;;
  2) mkfs.ext4 -q -m 0 "$device" ;;
  *) echo "rhythmic-kafka: can't tell what is on $device (blkid: $status); not touched" >&2; exit 1 ;;
esac
mount -o discard,defaults "$device" "$folder"
