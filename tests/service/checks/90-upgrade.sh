# shellcheck shell=bash disable=SC2154 # its words come from lib.sh
# seconds: 480
# begins without the packages
# From the previous version to this one in place while programs record, and what an older version says to
# a newer database; at last, purge leaves nothing.

if ! packages_are_there; then
    skip "upgrade, downgrade and purge" "what was built is installed, not packages"
    exit 0
fi

purge() {
    dpkg -P historyd libhistoryd-client1
}

# What packages put and make anywhere but in the package manager's own folders.
list_files() {
    find /etc /usr /run/systemd/system /lib/systemd /var/lib /var/cache -xdev \( -path /var/lib/dpkg \
        -o -path '/var/cache/*' -o -path /etc/systemd/system/historyd-checks.\* \
        \) -prune -o -name '*historyd*' -print | LC_ALL=C sort
}

purge >/dev/null 2>&1
check "the previous version is installed" install_package previous
previous=$(package_version)
check "it is started by a connection" historyctl ping
said=$(echo '{"type":"unit.started","unit":"a"}' | historyctl record --repo /srv/app --id before 2>&1)
same "it records" "before: 1 event recorded" "$said"
printf '\n# set by the operator\n' >>/etc/historyd/historyd.conf
printf '[limits]\nevents = 4321\n' >/etc/historyd/conf.d/50-mine.conf
systemctl reload historyd.service
check "the nightly backup is switched on" systemctl enable --now historyd-backup.timer

ledger_start 2 1000000 100
check "programs record" within 30 ledger_is_past 20
pid=$(daemon_pid)
inode=$(stat -c %i "$socket")
ledger_disturb "the upgrade in place" install_package current
note "upgraded from $previous to $(package_version)"
check "the version is another" fails test "$previous" = "$(package_version)"
check "another process serves" is_new_daemon "$pid"
same "the socket is the same" "$inode" "$(stat -c %i "$socket")"
ledger_stop
ledger_end "an upgrade under load"
same "what was recorded before is there" 1 "$(events_stored before)"
check "the operator's configuration stays" grep -q 'set by the operator' /etc/historyd/historyd.conf
like "and counts" '"events":4321' "$(historyctl call GetStatus)"
same "the nightly backup stays on" "enabled active" \
    "$(systemctl is-enabled historyd-backup.timer) $(property historyd-backup.timer ActiveState)"

# Back to the older version. The schema is the same here: it goes on with the same file.
check "the older version again, of the same schema" install_package previous
check "it answers" historyctl ping
same "and has the history" 1 "$(events_stored before)"

# A schema newer than it knows: refused, untouched, not tried again and again, and said why. The copy
# before, and the way back, are those of historyd(8).
systemctl stop historyd.socket historyd.service
check "a copy before the upgrade" sqlite3 "$database" ".backup /var/backups/history.db"
schema=$(sqlite3 "$database" 'SELECT max(version) FROM schema_version')
sqlite3 "$database" "INSERT INTO schema_version VALUES ($((schema + 1)), '2040-01-01T00:00:00Z')"
chown historyd:historyd "$database"*
sum=$(sha256sum <"$database")
check "a newer schema is refused" fails systemctl start historyd.service
same "with its status" 78 "$(property historyd.service ExecMainStatus)"
same "and it is not tried again" failed "$(property historyd.service ActiveState)"
same "the file is untouched" "$sum" "$(sha256sum <"$database")"
said=$(journalctl -q -o cat -u historyd.service | grep -i schema | tail -n 1)
like "the journal says why" "schema.*$((schema + 1))" "$said"
note "downgrade, the daemon's answer: $said"
systemctl stop historyd.socket historyd.service 2>/dev/null
check "the older package once more" install_package previous
systemctl stop historyd.socket historyd.service 2>/dev/null
check "the copy is restored" historyctl restore /var/backups/history.db
check "the older version starts" systemctl reset-failed historyd.service historyd.socket
check "its socket, too" systemctl start historyd.socket
check "and the daemon answers" historyctl ping
same "with what was recorded before the upgrade" 1 "$(events_stored before)"
newer=$(find /var/lib/historyd -name 'history.db.2*')
same "the newer database is aside, untouched" "$sum" "$(sha256sum <"$newer")"

historyctl ping >/dev/null
# So far the older package is installed, which is not the one to be tried.
check "this version again" install_package current
check "removal" dpkg -r historyd
same "stops the service" inactive "$(property historyd.service ActiveState)"
same "and the nightly backup" inactive "$(property historyd-backup.timer ActiveState)"
check "and the socket" fails test -e "$socket"
check "the history stays" test -s "$database"
check "the configuration stays" test -e /etc/historyd/conf.d/50-mine.conf
check "purge" purge
same "purge leaves the operator's own settings" /etc/historyd/conf.d/50-mine.conf "$(find /etc/historyd -type f)"
rm -r /etc/historyd
same "and nothing else" '' "$(list_files)"
check "nor a process" fails pgrep -x historyd
same "nor a unit" '' "$(systemctl list-unit-files --no-legend 'historyd.*')"
same "nor a failure" '' "$(systemctl list-units --failed --no-legend 'historyd.*')"
note "left by purge: $(list_files | wc -l) files"
