# shellcheck shell=bash disable=SC2154 # its words come from lib.sh
# begins without the packages
# The packages are installed on a machine that runs, and the first connection starts the daemon.

if ! packages_are_there; then
    skip "installing the packages" "what was built is installed, not packages"
    exit 0
fi
check "there is no historyd yet" fails command -v historyd
check "the packages are installed" install_package current
note "installed: historyd $(package_version)"
same "their user exists" "historyd:/var/lib/historyd:/usr/sbin/nologin" \
    "$(getent passwd historyd | cut -d: -f1,6,7)"
same "the socket is enabled" enabled "$(systemctl is-enabled historyd.socket)"
same "and listens" active "$(property historyd.socket ActiveState)"
same "the service waits" inactive "$(property historyd.service ActiveState)"
same "the backup's timer waits for who wants it" "disabled inactive" \
    "$(systemctl is-enabled historyd-backup.timer) $(property historyd-backup.timer ActiveState)"
same "there is a folder for settings of one's own" "755 root:root" \
    "$(stat -c '%a %U:%G' /etc/historyd/conf.d)"
check "the shipped configuration is in order" historyd --check-config
began=$(now_us)
check "the first connection starts the service, and ping is answered" historyctl ping
note "first answer after $((($(now_us) - began) / 1000)) ms, the daemon's start included"
same "it is active" active "$(property historyd.service ActiveState)"
said=$(printf '{"type":"unit.started","unit":"a"}\n{"type":"unit.completed","unit":"a"}\n' |
    historyctl record --repo /srv/app --id installed 2>&1)
same "events are recorded" "installed: 2 events recorded" "$said"
same "sqlite3 finds them" 2 "$(events_stored installed)"
