# shellcheck shell=bash disable=SC2154 # its words come from lib.sh
# Reloading keeps the process and its connections, and ends in a state that is ready again. A file that
# is wrong is refused, which can be seen, and the old settings stay.

drop_in=/etc/historyd/conf.d/50-checks.conf

events_limit() {
    historyctl call GetStatus | sed -n 's/.*"events":\([0-9]*\).*/\1/p'
}

historyctl ping >/dev/null
pid=$(daemon_pid)
load_start 1 1500 500
check "events are appended" within 20 load_is_past 100
for ((i = 0; i < 5; i++)); do
    check "systemctl reload, time $((i + 1))" systemctl reload historyd.service
done
check "it is active again" within 10 is_state historyd.service active
same "in the same process" "$pid" "$(daemon_pid)"
load_end "five reloads under load"
same "systemd says so of each" 5 "$(journalctl -q -o cat -u historyd.service | grep -c '^Reloaded ')"

mkdir -p "${drop_in%/*}"
before=$(events_limit)
printf '[limits]\nevents = 4321\n' >"$drop_in"
check "a new setting: systemctl reload" systemctl reload historyd.service
same "counts at once" 4321 "$(events_limit)"
printf '[limits]\nevents = 5432\ncolour = red\n' >"$drop_in"
check "a wrong file: systemctl reload fails" fails systemctl reload historyd.service
same "the old settings stay" 4321 "$(events_limit)"
check "the service goes on" is_state historyd.service active
check "its status says what is wrong" status_says "$drop_in:3: unknown key \"colour\""
like "systemctl status shows it" "Status: .*$drop_in:3: unknown key" "$(systemctl status --full historyd.service)"
like "the journal says it" "stays as it was: $drop_in:3" "$(journalctl -q -o cat -u historyd.service)"
said=$(historyctl reload 2>&1) && said="accepted: $said"
like "historyctl reload says it" "refused, .*$drop_in:3: unknown key" "$said"
check "historyd --check-config finds it, too" fails historyd --check-config
rm "$drop_in"
kill -HUP "$pid"
limit_is() {
    [[ $(events_limit) == "$1" ]]
}
check "mended and SIGHUP: the setting is the default again" within 10 limit_is "$before"
check "the status says no more of it" fails status_says "colour"
check "historyctl reload" historyctl reload
same "still the same process" "$pid" "$(daemon_pid)"
note "events a call: $before, 4321 by reload, 4321 after a refusal, $(events_limit) when mended"
