# shellcheck shell=bash disable=SC2154 # its words come from lib.sh
# The units as they are installed: sound, sandboxed, and a socket with the right owner and mode.

manual=--man=no
[[ ! -x /usr/bin/man ]] || manual=--man=yes
same "systemd-analyze verify prints nothing" '' "$(systemd-analyze verify "$manual" \
    historyd.service historyd.socket 2>&1)"

exposure() {
    systemd-analyze security "$@" | sed -n 's/.*Overall exposure level for .*: \([0-9.]*\) .*/\1/p'
}
unit=$(property historyd.service FragmentPath)
offline=$(exposure --offline=true "$unit")
note "systemd-analyze security --offline=true: $offline"
check "its exposure is 0.6 or less" awk -v found="$offline" 'BEGIN { exit !(found != "" && found <= 0.6) }'
check "the same for the unit as it is loaded" \
    systemd-analyze security --threshold=6 historyd.service

same "the socket belongs to root and the group" "660 root:historyd" "$(stat -c '%a %U:%G' "$socket")"

# Seen while systemd makes it anew: it is never open to more than it is meant for.
"$service_folder/watch-mode" "$socket" >/run/modes &
watching=$!
within 10 grep -q watching /run/modes
for ((i = 0; i < 30; i++)); do
    systemctl restart historyd.socket
    systemctl reset-failed historyd.socket
done
kill -TERM "$watching"
wait "$watching"
check "the socket was looked at while it was made" grep -q "^660 0:$(getent group historyd | cut -d: -f3)\$" /run/modes
same "and has its mode from the first moment" '' "$(grep -v '^watching$\|^660 ' /run/modes)"
note "modes and owners seen: $(grep -v watching /run/modes | tr '\n' ' ')"
same "its folder can't be written to by others" "755 root:root" "$(stat -c '%a %U:%G' "${socket%/*}")"
same "the descriptor is named varlink" varlink "$(property historyd.socket FileDescriptorName)"
same "the state folder is the daemon's alone" "700 historyd:historyd" \
    "$(stat -c '%a %U:%G' "${database%/*}")"
same "nothing runs before somebody connects" inactive "$(property historyd.service ActiveState)"

check "a member of the group connects" runuser -u member -- historyctl ping
said=$(runuser -u stranger -- historyctl ping 2>&1) && said="connected: $said"
like "a stranger does not, and is told why" "Permission denied" "$said"
