#!/bin/sh
# Print each alert once: sh once.sh 127.0.0.1 1883. Needs mosquitto_sub, and nothing that reads JSON.
# A fixed name and a kept session: what is sent while we are away waits for us at the broker.
mosquitto_sub -h "$1" -p "$2" -q 1 -c -i "${3:-my-shell}" -t 'hashhedge/v1/+/alert/+/+/event' |
  while IFS= read -r line; do
    id=${line#*\"id\":\"} id=${id%%\"*}
    case "$heard " in *" $id "*) continue ;; esac
    heard="$heard $id"
    [ ${#heard} -gt 33000 ] && heard=" ${heard#* * }"
    printf '%s\n' "$line"
  done
