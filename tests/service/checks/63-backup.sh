# shellcheck shell=bash disable=SC2154 # its words come from lib.sh
# seconds: 240
# Backups through the shipped unit while recorders record: whole, with all that was acknowledged before,
# and the old ones go.

backups=/var/lib/historyd/backups

as_historyd() {
    runuser -u historyd -- "$@"
}

files() {
    find "$backups" -mindepth 1 -printf '%f\n' | sort
}

newest() {
    find "$backups" -name 'history-*.db' -printf '%f\n' | sort | tail -n 1
}

said_of() { # NAME JSON
    sed -n "s/.*\"$1\":\([0-9]*\).*/\1/p" <<<"$2"
}

manual=--man=no
[[ ! -x /usr/bin/man ]] || manual=--man=yes
same "systemd-analyze verify prints nothing" '' "$(systemd-analyze verify "$manual" \
    historyd-backup.service historyd-backup.timer 2>&1)"
check "the unit's exposure is 0.6 or less" \
    systemd-analyze security --offline=true --threshold=6 "$(property historyd-backup.service FragmentPath)"
note "systemd-analyze security --offline=true of the backup's unit: $(systemd-analyze security --offline=true \
    "$(property historyd-backup.service FragmentPath)" | sed -n 's/.*Overall exposure level for .*: \([0-9.]*\) .*/\1/p')"
check "the timer starts" systemctl start historyd-backup.timer
like "every night" 'OnCalendar=\*-\*-\* 00:00:00 ' "$(property historyd-backup.timer TimersCalendar)"
same "also one that was missed" yes "$(property historyd-backup.timer Persistent)"
systemctl stop historyd-backup.timer

# The timer as it is shipped, but for the time: it starts the unit, which makes a backup.
mkdir -p /run/systemd/system/historyd-backup.timer.d
printf '[Timer]\nOnCalendar=\nOnActiveSec=1s\nAccuracySec=100ms\nRandomizedDelaySec=0\nPersistent=no\n' \
    >/run/systemd/system/historyd-backup.timer.d/checks.conf
systemctl daemon-reload
systemctl start historyd-backup.timer
backup_is_there() {
    [[ -n $(newest) && $(property historyd-backup.service ExecMainExitTimestampMonotonic) -gt 0 ]]
}
check "the timer makes a backup by the unit when its time comes" within 20 backup_is_there
same "in good order" "success 0" \
    "$(property historyd-backup.service Result) $(property historyd-backup.service ExecMainStatus)"
systemctl stop historyd-backup.timer
rm -r /run/systemd/system/historyd-backup.timer.d
systemctl daemon-reload
rm -f "$backups"/history-*.db

# Many megabytes, so that copying takes many steps.
historyctl ping
awk 'BEGIN { x = sprintf("%*s", 900, ""); gsub(/ /, "x", x)
    for (i = 1; i <= 60000; i++) printf "{\"type\":\"unit.completed\",\"payload\":{\"x\":\"%s\"}}\n", x }' |
    historyctl record --repo /srv/app --id large >/dev/null 2>&1
same "there is something to copy" 60000 "$(events_stored large)"

ledger_start 2 600000 100
within 20 ledger_is_past 20
began=$(now_us)
within 20 ledger_is_past 120
note "before: acknowledgements, p50, p99, max in us: $(ledger_latency "$began" "$(now_us)")"

# acknowledged RUN: the last number in its book.
acknowledged() {
    tail -n 1 "/run/ledger/$1" | cut -d' ' -f2
}
last=("$(acknowledged 1)" "$(acknowledged 2)")
began=$(now_us)
check "the unit makes a backup" systemctl start historyd-backup.service
ended=$(now_us)
name=$(newest)
backup=$backups/$name
note "$name: $(stat -c %s "$backup") bytes in $(((ended - began) / 1000)) ms"
note "meanwhile: acknowledgements, p50, p99, max in us: $(ledger_latency "$began" "$ended")"
like "under the name of its time" '^history-[0-9]{8}-[0-9]{6}\.db$' "$name"
same "its folder and file are the daemon's alone" "700 historyd 600 historyd" \
    "$(stat -c '%a %U' "$backups" "$backup" | tr '\n' ' ' | sed 's/ $//')"
same "sqlite3 finds it sound" ok "$(as_historyd sqlite3 -readonly "$backup" 'PRAGMA integrity_check')"
same "no foreign key is wrong" '' "$(as_historyd sqlite3 -readonly "$backup" 'PRAGMA foreign_key_check')"
same "nothing else is left in the folder" "$name" "$(files)"
same "all of what was there" 60000 \
    "$(as_historyd sqlite3 -readonly "$backup" "SELECT count(*) FROM events WHERE run_id = 'large'")"
for i in 1 2; do
    same "recorder $i: every event that was acknowledged before it began" "${last[i - 1]}" \
        "$(as_historyd sqlite3 -readonly "$backup" "SELECT count(*) FROM events WHERE run_id = 'ledger-$i'
            AND seq <= ${last[i - 1]} AND payload = '{\"n\":' || seq || '}'")"
done
check "recording goes on" ledger_goes_on

# --- progress --------------------------------------------------------------------------------

# growing COUNT: numbers on standard input, a line each, none less than the one before, at least COUNT
# different ones.
growing() {
    awk -v least="$1" '$1 < last { fell = 1 }
        $1 > last { n++; last = $1 }
        END { exit fell || n < least }'
}

# slowly COMMAND...: while it runs the daemon is stopped, but for a few milliseconds in each 160, so that a
# backup takes longer than it takes to tell of some steps, however fast the machine is.
slowly() {
    local pid command
    pid=$(daemon_pid)
    "$@" <&0 &
    command=$!
    while kill -0 "$command" 2>/dev/null; do
        kill -STOP "$pid"
        sleep 0.15
        kill -CONT "$pid"
        sleep 0.01
    done
    wait "$command"
}

printf 'open\nmore dev.historyd.admin.Backup {"name":"told.db"}\n' >/run/asked
began=$(now_us)
slowly "$service_folder/peer" </run/asked >/run/told
ended=$(now_us)
grep '"continues":true' /run/told >/run/under-way
told=$(tail -n 1 /run/told)
note "a client that asks for more is told $(wc -l </run/under-way) times; at last: $told"
check "a client that asks for more is told how far it is, again and again" \
    growing 3 < <(said_of pages_done "$(cat /run/under-way)")
check "of so many pages" growing 1 < <(said_of pages_total "$(cat /run/under-way)")
same "never more than there are" '' "$(awk -F '[:,}]' '{ for (i = 1; i < NF; i++) {
    if ($i ~ /"pages_done"/) done_ = $(i + 1); if ($i ~ /"pages_total"/) total = $(i + 1) } }
    done_ > total { print }' /run/under-way)"
same "one answer is the last, and says where it is" "1 $backups/told.db" \
    "$(grep -c -v '^open$\|"continues":true' /run/told) $(sed -n 's/.*"path":"\([^"]*\)".*/\1/p' <<<"$told")"
same "with all pages" "$(said_of pages_total "$told")" "$(said_of pages_done "$told")"
same "and its size" "$(stat -c %s "$backups/told.db")" "$(said_of bytes "$told")"
meanwhile=$(ledger_latency "$began" "$ended")
check "recording went on meanwhile" test "${meanwhile%% *}" -gt 1
note "meanwhile: acknowledgements, p50, p99, max in us: $meanwhile"
slowly script -q -e -c 'historyctl backup seen.db' /run/seen </dev/null >/run/seen.shown
tr '\r' '\n' </run/seen.shown >/run/seen.lines
check "historyctl backup shows it on a terminal" \
    growing 3 < <(sed -n 's/^\([0-9]*\) of [0-9]* pages$/\1/p' /run/seen.lines)
like "and at last where it is" "$backups/seen.db: [0-9]* pages, [0-9.]* MiB" "$(cat /run/seen.lines)"
rm "$backups/told.db" "$backups/seen.db"

# --- names and rotation ----------------------------------------------------------------------

check "one under a name" historyctl backup mine.db
said=$(historyctl backup mine.db 2>&1) && said="made: $said"
like "a name that is there is kept" "There is a file of this name" "$said"
for bad in ../x.db /tmp/x.db .hidden -x 'a/b' x-wal; do
    said=$(historyctl backup -- "$bad" 2>&1) && said="made: $said"
    like "a path is no name: $bad" "historyctl: .*name" "$said"
done
check "where a plain one is" historyctl backup -- plain.db
rm "$backups/plain.db"
said=$("${as_member[@]}" historyctl backup members.db 2>&1) && said="made: $said"
like "others may not" "role administer" "$said"
for i in 01 02 03 04 05 06 07 08 09 10 11 12 13 14 15; do
    install -o historyd -g historyd -m 600 "$backups/mine.db" "$backups/history-202601$i-000000.db"
done
check "the unit's fourteen" systemctl start historyd-backup.service
same "stay, the newest; those that were given a name stay too" "14 1" \
    "$(find "$backups" -name 'history-*.db' | wc -l) $(find "$backups" -name mine.db | wc -l)"
check "the oldest are gone" fails test -e "$backups/history-20260103-000000.db"
check "the next one is not" test -e "$backups/history-20260104-000000.db"
check "the newest is new" test "$(newest)" \> "$name"

# --- check -----------------------------------------------------------------------------------

check "historyctl check, while it records" historyctl check
note "historyctl check --gaps: $(historyctl check --gaps | tr '\n' ' ')"
ledger_stop
ledger_end "beside backups"

# --- killed in the midst ---------------------------------------------------------------------

before=$(files)
historyctl backup killed.db >/dev/null 2>&1 &
pid=$(daemon_pid)
for ((i = 0; i < 2000; i++)); do
    [[ $(files) == "$before" ]] || break
done
note "killed beside: $(comm -13 <(echo "$before") <(files) | tr '\n' ' ')"
kill -KILL "$pid"
wait $!
check "the daemon killed beside a backup: systemd starts it again" within 30 is_new_daemon "$pid"
historyctl ping
# It was whole and has its name, or is not there at all.
if [[ -e $backups/killed.db ]]; then
    same "the backup has its name and is sound" ok \
        "$(as_historyd sqlite3 -readonly "$backups/killed.db" 'PRAGMA integrity_check')"
    rm "$backups/killed.db"
else
    result 0 "the backup that was not whole has no name"
fi
check "the next one can be made" historyctl backup after.db
same "and nothing of the killed one is left" "$(printf '%s\nafter.db' "$before" | sort)" "$(files)"

# --- restore ---------------------------------------------------------------------------------

said=$(historyctl restore "$backup" 2>&1) && said="restored: $said"
like "a database that is served is not restored" "pid $(daemon_pid)" "$said"
like "and the remedy is named" "systemctl stop historyd.service historyd.socket" "$said"
systemctl stop historyd.socket historyd.service 2>/dev/null
check "nor does the nightly backup start a daemon that was stopped" fails systemctl start historyd-backup.service
same "for its socket stays closed" "inactive inactive" \
    "$(property historyd.socket ActiveState) $(property historyd.service ActiveState)"
check "a stopped one is, by root" historyctl restore "$backup"
same "it is the daemon's" "historyd 600" "$(stat -c '%U %a' "$database")"
like "the former one is aside, the daemon's too" "^historyd $database\.[0-9]{8}-[0-9]{6}\$" \
    "$(stat -c '%U %n' "$database".2*)"
systemctl start historyd.socket
check "a daemon starts from it" historyctl ping
same "with what it has" 60000 "$(events_stored large)"
check "and is sound" historyctl check
said=$(echo '{"type":"unit.started","unit":"a"}' | historyctl record --run large 2>&1)
same "and records" "large: 1 event recorded" "$said"
