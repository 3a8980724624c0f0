#!/bin/sh
# Mounts the data disk; makes a file system on it only where there is none at all, and lets it grow with its disk.
# usage: mount-data-disk.sh DEVICE FOLDER
set -eu
device=$1
folder=$2

if ! mountpoint -q "$folder"; then
  mkdir -p "$folder"
  # blkid answers 2 where it finds nothing; any other failure must not be taken for an empty disk.
  status=0
  blkid "$device" > /dev/null || status=$?
  case $status in
    0) fsck.ext4 -p "$device" || [ $? -le 1 ] ;;
    2) mkfs.ext4 -q -m 0 "$device" ;;
    *) echo "rhythmic-kafka: can't tell what is on $device (blkid: $status); not touched" >&2; exit 1 ;;
  esac
  mount -o discard,defaults "$device" "$folder"
fi
# A disk that was made larger; nothing happens where the file system fills it already.
resize2fs "$device" || echo "rhythmic-kafka: the file system on $device could not grow; it goes on as it is" >&2

# Whose part of it is what: Kafka (1000, as in its image) its data, the keeper (2000) its secrets, and of the folder in
# between, with the certificates, the keeper writes what Kafka's group may read. Nobody else may swap the folders.
chown 0:0 "$folder"
chmod 0755 "$folder"
while read -r name owner mode; do
  mkdir -p "$folder/$name"
  chown "$owner" "$folder/$name"
  chmod "$mode" "$folder/$name"
done << FOLDERS
data 1000:1000 0700
tls 2000:1000 0750
keeper 2000:2000 0700
FOLDERS
