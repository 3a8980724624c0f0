#!/bin/sh
# Runs inside Kafka's image: formats its storage once; the cluster's id stays with the data.
set -eu
data=/var/lib/kafka
if [ -f "$data/log/meta.properties" ]; then exit 0; fi
[ -s "$data/cluster-id" ] || /opt/kafka/bin/kafka-storage.sh random-uuid > "$data/cluster-id"
/opt/kafka/bin/kafka-storage.sh format --cluster-id "$(cat "$data/cluster-id")" --config /etc/rhythmic/kafka/server.properties
