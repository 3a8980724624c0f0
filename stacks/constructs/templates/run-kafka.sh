#!/bin/sh
# Runs inside Kafka's container on a developer's machine: formats the storage once, makes the declared topics as soon
# as the broker answers, and becomes the broker. Healthy is who holds /tmp/ready.
set -eu
sh /etc/rhythmic/format-storage.sh
(sh /etc/rhythmic/create-topics.sh && touch /tmp/ready) &
exec /opt/kafka/bin/kafka-server-start.sh /etc/rhythmic/kafka/server.properties
