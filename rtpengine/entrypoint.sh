#!/bin/bash
# Starts rtpengine in a container: finds the address to bind, and tells apart the address it has
# from the one it is reached at. Both go into one --interface, because rtpengine advertises per
# interface. Everything is set by the environment:
#
#   PUBLIC_IP     what phones and the page send to (default: the address itself)
#   LOCAL_IP      what to bind (default: the container's first IPv4 address)
#   NG_LISTEN     where commands are taken (default: $LOCAL_IP:22222)
#   RTP_PORT_MIN, RTP_PORT_MAX   the same ports inside and outside (default 30000 to 30039)
#   CONFIG        the settings that do not depend on the place
#
# `entrypoint.sh health` asks the running one for an answer; more arguments are passed on to it.
set -euo pipefail

local_ip=${LOCAL_IP:-$(hostname -I | tr ' ' '\n' | grep -m1 '\.' || true)}
if [[ -z $local_ip ]]; then
  echo 'No IPv4 address was found; set LOCAL_IP.' >&2
  exit 2
fi
public_ip=${PUBLIC_IP:-$local_ip}
for ip in "$local_ip" "$public_ip"; do
  if [[ ! $ip =~ ^[0-9]{1,3}(\.[0-9]{1,3}){3}$ ]]; then
    echo "PUBLIC_IP and LOCAL_IP are IPv4 addresses; $ip is none." >&2
    exit 2
  fi
done
ng=${NG_LISTEN:-$local_ip:22222}

if [[ ${1:-} == health ]]; then
  # One ng command (bencode after a cookie) over bash's own UDP; dd takes one datagram whole.
  exec 3<>"/dev/udp/${ng%:*}/${ng##*:}"
  printf 'health d7:command4:pinge' >&3
  answer=$(timeout 2 dd bs=2048 count=1 status=none <&3) || true
  [[ $answer == 'health '*pong* ]]
  exit
fi

interface=$local_ip
if [[ $public_ip != "$local_ip" ]]; then interface=$local_ip!$public_ip; fi

exec "${RTPENGINE:-rtpengine}" \
  --config-file="${CONFIG:-/etc/rtpengine/rtpengine.conf}" \
  --interface="internal/$interface" \
  --listen-ng="$ng" \
  --port-min="${RTP_PORT_MIN:-30000}" \
  --port-max="${RTP_PORT_MAX:-30039}" \
  "$@"
