#!/bin/sh
# Runs inside Kafka's container on a developer's machine, where no keeper does it: waits until the broker answers, then
# makes the declared topics and gives those that are there the declared settings. Each line of the file: name,
# partitions, settings as name=value with commas.
set -eu
broker=127.0.0.1:{{port}}
tries=60
until /opt/kafka/bin/kafka-broker-api-versions.sh --bootstrap-server $broker > /dev/null 2>&1; do
  tries=$((tries - 1))
  [ $tries -gt 0 ] || { echo "rhythmic-kafka: the broker does not answer" >&2; exit 1; }
  sleep 2
done
while read -r name partitions settings; do
  /opt/kafka/bin/kafka-topics.sh --bootstrap-server $broker --create --if-not-exists --topic "$name" --partitions "$partitions" --replication-factor 1
  /opt/kafka/bin/kafka-configs.sh --bootstrap-server $broker --alter --entity-type topics --entity-name "$name" --add-config "$settings"
done < /etc/rhythmic/kafka/topics
