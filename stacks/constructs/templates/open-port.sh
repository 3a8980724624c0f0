#!/bin/sh
# Lets a port in: Container-Optimized OS drops what comes in but for SSH. Who may come is the network's firewall's word.
# usage: open-port.sh PORT
set -eu
iptables -w -C INPUT -p tcp --dport "$1" -j ACCEPT 2> /dev/null || iptables -w -A INPUT -p tcp --dport "$1" -j ACCEPT
