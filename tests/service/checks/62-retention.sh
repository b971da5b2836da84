# shellcheck shell=bash disable=SC2154 # its words come from lib.sh
# Retention by age, number and size while recorders record: what goes is what was said before, what is
# pinned or running stays, the file gets smaller.

days_ago() { # DAYS
    date -u -d "-$1 days" +%Y-%m-%dT%H:%M:%S.000000Z
}

# run_lines REPO ID DAYS STATUS EVENTS BYTES: a run that began and ended so many days ago.
run_lines() {
    local ended
    ended=',"completed_at":"'$(days_ago "$3")'"'
    [[ $4 != running ]] || ended=''
    printf '{"run":{"id":"%s","repo_path":"%s","started_at":"%s"%s,"status":"%s","parallelism":1,' \
        "$2" "$1" "$(days_ago "$3")" "$ended" "$4"
    printf '"total_units":1,"completed_units":1,"failed_units":0,"blocked_units":0,"dry_run":false,"last_seq":0}}\n'
    awk -v events="$5" -v bytes="$6" 'BEGIN {
        text = sprintf("%*s", bytes, ""); gsub(/ /, "x", text)
        for (i = 1; i <= events; i++)
            printf "{\"seq\":%d,\"type\":\"unit.completed\",\"payload\":{\"x\":\"%s\"}}\n", i, text
    }'
}

# seed REPO PREFIX COUNT DAYS EVENTS BYTES: runs PREFIX-1, …, each ended a day later than the one before.
seed() {
    local i
    for ((i = 1; i <= $3; i++)); do
        run_lines "$1" "$2-$i" $(($4 - i)) completed "$5" "$6" | historyctl record >>/run/seeded 2>&1 ||
            return 1
    done
}

runs_left() { # PREFIX
    runuser -u historyd -- sqlite3 -readonly "$database" \
        "SELECT count(*) FROM runs WHERE id GLOB '$1-*' AND id NOT IN (SELECT run_id FROM removals)"
}

field() { # NAME TEXT
    sed -n "s/.*\"$1\":\([0-9]*\).*/\1/p" <<<"$2"
}

historyctl ping
configure '[retention]' 'days = 0'
check "twelve old runs" seed /srv/old old 12 113 400 300
check "fifteen of one repository" seed /srv/many many 15 17 10 10
for i in 1 2 3; do
    check "five large ones, time $i" seed "/srv/large$i" "large$i" 5 $((60 - i)) 2000 1000
done
run_lines /srv/old running-1 200 running 5 10 | historyctl record >/dev/null 2>&1
same "one has been running for long" 5 "$(events_stored running-1)"
check "three are pinned" historyctl pin old-1 many-1 large1-1

ledger_start 2 1000000 100
within 20 ledger_is_past 20
began=$(now_us)
within 20 ledger_is_past 120
note "before: acknowledgements, p50, p99, max in us: $(ledger_latency "$began" "$(now_us)")"

same "without rules nothing would go" 0 "$(field runs "$(historyctl --json retention --dry-run)")"
configure '[retention]' 'days = 90' 'runs_per_repo = 10' 'database_mib = 20'
before=$(stat -c %s "$database")
planned=$(historyctl --json retention --dry-run)
note "dry run: $(historyctl retention --dry-run | tr -s ' \n' ' ')"
same "by age it selects eleven: all of that age but the pinned and the running" 11 "$(field by_age "$planned")"
same "by number four of fourteen and one pinned" 4 "$(field by_count "$planned")"
check "by size some of the large ones" test "$(field by_size "$planned")" -ge 4
same "the dry run deletes nothing" "12 15 15" "$(runs_left old) $(runs_left many) $(runs_left 'large?')"

began=$(now_us)
done_=$(historyctl --json retention --apply)
ended=$(now_us)
note "applied in $(((ended - began) / 1000)) ms: $done_"
same "by age and number goes what was said" "11 4" "$(field by_age "$done_") $(field by_count "$done_")"
# While it is recorded the database grows: one more may go than was said a moment before.
more=$(($(field by_size "$done_") - $(field by_size "$planned")))
check "by size what was said" test "$more" -ge 0 -a "$more" -le 1
same "the old ones are gone but the pinned" "1 1" "$(runs_left old) $(events_stored old-1 | grep -c 400)"
same "of the many ten are left and the pinned" 11 "$(runs_left many)"
same "of the large ones those that were not selected" $((15 - $(field by_size "$done_"))) "$(runs_left 'large?')"
check "the pinned one among them, the oldest of all" historyctl show large1-1
check "what runs stays" historyctl show running-1
check "and what records" test "$(runs_left ledger)" -eq 2
like "events and runs are counted" "^$(field runs "$done_") $(field events "$done_")$" \
    "$(metric historyd_retention_runs_deleted_total) $(metric historyd_retention_events_deleted_total)"
same "no event is left of a run that is gone" 0 "$(runuser -u historyd -- sqlite3 -readonly "$database" \
    'SELECT count(*) FROM events WHERE run_id NOT IN (SELECT id FROM runs)')"
after_is_less() {
    [[ $(stat -c %s "$database") -lt $((21 * 1048576)) ]]
}
check "the file gets smaller than the limit" within 20 after_is_less
# A large run takes 2.8 MB.
check "and no more goes than must" test "$(stat -c %s "$database")" -gt 17900000
note "the file: $before bytes before, $(stat -c %s "$database") after"
note "while it was deleted: acknowledgements, p50, p99, max in us: $(ledger_latency "$began" "$(now_us)")"
check "recording goes on" ledger_goes_on

check "unpinned, they are selected" historyctl unpin old-1
same "by age" 1 "$(field by_age "$(historyctl --json retention --dry-run)")"
said=$(historyctl delete --yes many-1 2>&1) && said="deleted: $said"
like "a pinned run can't be deleted by name" "pinned" "$said"
check "others can" historyctl delete --yes large3-5
same "with all they have" 0 "$(events_stored large3-5)"
ledger_stop
ledger_end "beside retention"
same "the database is sound" ok "$(runuser -u historyd -- sqlite3 "$database" 'PRAGMA integrity_check')"
