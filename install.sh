#!/bin/sh
# Installs, upgrades and removes CronGuard on Linux. See `install.sh --help`.
set -eu

usage() {
  cat <<'END'
Usage: install.sh [options] [source]

Installs or upgrades CronGuard. The source is a CronGuard executable, a folder with a release, or the URL of a release.
The default is CRONGUARD_DOWNLOAD_URL, or the release in the folder of this script.

  --version V    install exactly this version; required to go back to an older one
  --prefix P     install the executable to P/bin (default: /usr/local, or ~/.local with --user; upgrades keep theirs)
  --user         install for your user only, without root, as a user service
  --no-service   install the executable only: no system user, no unit, no configuration
  --no-backup    upgrade without a backup of the database
  --insecure     accept a release without https, without a signature, or signed with another key
  --dry-run      show what would be done, without changing anything
  --uninstall    remove the executable and the unit (with --no-service, only the executable); keep data and settings
  --purge        also remove data and settings, after confirmation
  --yes          do not ask for confirmation
  --help         print this help

Exit codes: 0 success, 1 error, 2 usage error. Everything is checked before anything is replaced. An upgrade keeps the
previous executable as cronguard.prev.
END
}

# The minisign public key of releases. `npm run release` fills it in when it has the secret key.
release_key=''

say() { printf '%s\n' "$*"; }

fail() {
  printf 'install.sh: %s\n' "$*" >&2
  exit 1
}

misused() {
  printf 'install.sh: %s (try --help)\n' "$*" >&2
  exit 2
}

has() { command -v "$1" >/dev/null 2>&1; }

# Prints a step. Succeeds when the step is to be done, and fails in a dry run.
will() {
  say "$1"
  [ "$is_dry" = no ]
}

read_arguments() {
  task=install source='' version='' prefix='' rootless=no service=yes backup=yes is_dry=no is_sure=no is_insecure=no
  while [ $# -gt 0 ]; do
    case $1 in
      --version | --prefix)
        [ $# -gt 1 ] || misused "$1 needs a value"
        set_value "$1" "$2"
        shift
        ;;
      --version=* | --prefix=*) set_value "${1%%=*}" "${1#*=}" ;;
      --user) rootless=yes ;;
      --no-service) service=no ;;
      --no-backup) backup=no ;;
      --dry-run) is_dry=yes ;;
      --insecure) is_insecure=yes ;;
      --uninstall) task=uninstall ;;
      --purge) task=purge ;;
      --yes) is_sure=yes ;;
      --help | -h)
        usage
        exit 0
        ;;
      -*) misused "unknown option $1" ;;
      *)
        [ -z "$source" ] || misused "only one source is allowed"
        source=$1
        ;;
    esac
    shift
  done
  [ "$task:$service" != purge:no ] || misused '--purge does not work with --no-service. Use --uninstall'
}

set_value() {
  [ -n "$2" ] || misused "$1 is empty"
  case $1:$2 in
    --prefix:/*) prefix=${2%/} ;;
    --prefix:*) misused "--prefix must begin with /" ;;
    --version:*[!0-9A-Za-z.+-]* | --version:.*) misused "$2 is not a version" ;;
    --version:*) version=$2 ;;
  esac
}

find_places() {
  if [ "$rootless" = yes ]; then
    : "${HOME:?install.sh: HOME is not set}"
    default_prefix=$HOME/.local
    configuration=${XDG_CONFIG_HOME:-$HOME/.config}/cronguard
    units=${XDG_CONFIG_HOME:-$HOME/.config}/systemd/user
    default_data=${XDG_STATE_HOME:-$HOME/.local/state}/cronguard
  else
    default_prefix=/usr/local
    configuration=/etc/cronguard
    units=/etc/systemd/system
    default_data=/var/lib/cronguard
  fi
  unit=$units/cronguard.service
  find_prefix
  executable=$prefix/bin/cronguard
  share=$prefix/share/cronguard
  settings=$configuration/cronguard.env
  data=$(setting DATA_DIR "$default_data")
}

# Uses the prefix of the installed service, if there is one. Another --prefix is refused, because the service would keep
# running the old executable.
find_prefix() {
  served=$(served_prefix)
  prefix=${prefix:-${served:-$default_prefix}}
  case $task:$service:$served in *: | *:no:* | *:"$prefix") return ;; esac
  or="to move it, use --uninstall, which keeps data and settings, then install with --prefix $prefix"
  [ "$task" = install ] || or="to remove only that executable, use --uninstall --no-service --prefix $prefix"
  fail "The service runs from $served, not from $prefix. Omit --prefix. Or, $or."
}

served_prefix() {
  if [ -r "$unit" ]; then sed -n 's|^ExecStart=[-+!@:]*\(/[^ ]*\)/bin/cronguard .*|\1|p' "$unit" | tail -n 1; fi
}

# Prints a setting of the configuration, or the default.
setting() {
  value=''
  if [ -r "$settings" ]; then
    name="[[:blank:]]*CRONGUARD_$1[[:blank:]]*"
    value=$(sed -n "s/^$name=[[:blank:]]*//p" "$settings" | tail -n 1 | sed "s/^[\"']//; s/[\"'[:space:]]*\$//")
  fi
  printf '%s\n' "${value:-$2}"
}

address() {
  host=$(setting HOST 127.0.0.1)
  case $host in 0.0.0.0 | ::) host=localhost ;; *:*) host="[$host]" ;; esac
  setting BASE_URL "http://$host:$(setting PORT 8000)"
}

require_rights() {
  if [ "$rootless" = no ] && [ "$is_dry" = no ] && [ "$(id -u)" -ne 0 ]; then
    fail 'This needs root. Run it with sudo, or use --user to install for your user only.'
  fi
}

# Finds the name of this machine in a release, such as cronguard-linux-x64.
find_target() {
  [ "$(uname -s)" = Linux ] || fail "CronGuard runs on Linux; this is $(uname -s)."
  machine=$(uname -m)
  case $machine in
    x86_64 | amd64)
      target=cronguard-linux-x64
      require_sse
      ;;
    aarch64 | arm64) target=cronguard-linux-arm64 ;;
    *) fail "CronGuard runs on x86_64 and aarch64, not $machine. CronGuard on another machine can monitor its jobs." ;;
  esac
  # Small boards often have a 64-bit kernel with a 32-bit system.
  if has getconf && [ "$(getconf LONG_BIT 2>/dev/null || echo 64)" = 32 ]; then
    fail "CronGuard needs a 64-bit system. The kernel of this one is $machine, but its programs are 32-bit."
  fi
  libc=$(find_libc)
  [ "$libc" != musl ] || target=$target-musl
}

# Every x86-64 processor since 2011 supports SSE4.2. Without a line "flags", support is unknown and assumed.
require_sse() {
  flags=$(sed -n '/^flags[[:blank:]]*:/{p;q;}' /proc/cpuinfo 2>/dev/null) || flags=''
  case "$flags " in
    ' ' | *' sse4_2 '*) ;;
    *) fail 'CronGuard needs a processor with SSE4.2. In a virtual machine, choose another CPU type.' ;;
  esac
}

find_libc() {
  case $(ldd --version 2>&1 || true) in
    *musl*) echo musl ;;
    *GLIBC* | *'GNU libc'*) echo glibc ;;
    *) if [ -n "$(ls /lib/ld-musl-* 2>/dev/null)" ]; then echo musl; else echo glibc; fi ;;
  esac
}

find_source() {
  here=''
  case $0 in *install.sh) here=$(cd "$(dirname "$0")" && pwd) ;; esac
  source=${source:-${CRONGUARD_DOWNLOAD_URL:-}}
  if [ -z "$source" ] && [ -n "$here" ] && [ -f "$here/SHA256SUMS" ]; then source=$here; fi
  [ -n "$source" ] || misused 'name a source: a file, a folder or a URL'
  case $source in
    http://* | https://*)
      kind=address source=${source%/}
      require_safe_address
      ;;
    *)
      kind=folder
      if [ -f "$source" ]; then kind='file'; fi
      [ -e "$source" ] || fail "$source does not exist."
      ;;
  esac
  if [ "$kind" = folder ] && [ -n "$version" ] && [ -d "$source/$version" ]; then source=$source/$version; fi
}

require_safe_address() {
  protocols='=https'
  [ "$is_insecure" = no ] || protocols='=https,http'
  case $source in https://*) return ;; esac
  host=${source#http://} host=${host%%[/?#]*}
  case $host in '['* | *@*) ;; *) host=${host%:*} ;; esac
  # Loopback needs no https, because no one can intercept it. Redirects must go to https.
  case $host in
    *[!0-9.]*) case $host in localhost | '[::1]' | '[::1]:'*) return ;; esac ;;
    127.*) return ;;
  esac
  [ "$is_insecure" = yes ] ||
    fail "$source is not https: anyone on the network path could replace the program. To accept it anyway, use --insecure."
}

# Creates a temporary folder on the target disk, where everything is prepared. It is removed at exit.
make_stage() {
  parent=$prefix
  while [ ! -d "$parent" ]; do parent=$(dirname "$parent"); done
  if [ "$is_dry" = yes ]; then parent=${TMPDIR:-/tmp}; fi
  stage=$(mktemp -d "$parent/.cronguard-install.XXXXXX") || fail "Cannot write to $parent."
  # Other users may run files in it, but not list it.
  chmod 711 "$stage"
  trap 'rm -rf "$stage"' EXIT
  trap 'exit 130' HUP INT TERM PIPE
}

# Copies a file of the source into the stage. Fails when it does not exist.
fetch() {
  case $kind in
    address) download "$source/$1" "$stage/$1" ;;
    folder) if [ -f "$source/$1" ]; then cp "$source/$1" "$stage/$1"; else false; fi ;;
    file) if [ -f "$(dirname "$source")/$1" ]; then cp "$(dirname "$source")/$1" "$stage/$1"; else false; fi ;;
  esac
}

download() {
  first=$protocols
  case $1 in http:*) first='=https,http' ;; esac
  if has curl; then
    curl -fsSL --proto "$first" --proto-redir "$protocols" --retry 3 --connect-timeout 20 -o "$2" "$1"
  elif has wget; then
    # wget cannot restrict redirects to https, so it follows none.
    stay=--max-redirect=0
    if [ "$is_insecure" = yes ]; then
      stay=''
    elif ! wget --help 2>&1 | grep -q -e --max-redirect; then
      fail 'Install curl or GNU wget to download CronGuard safely.'
    fi
    # shellcheck disable=SC2086 # Nothing, or one word.
    wget -q $stay -T 20 -O "$2" "$1"
  else
    fail 'Install curl or wget to download CronGuard.'
  fi
}

checksum() {
  if has sha256sum; then
    sha256sum "$1"
  elif has shasum; then
    shasum -a 256 "$1"
  elif has openssl; then
    openssl dgst -sha256 -r "$1"
  else
    fail 'Install sha256sum, shasum or openssl to verify the download.'
  fi | cut -d ' ' -f 1
}

# Prints the checksum of a file in SHA256SUMS, or nothing when it does not list the file.
expected_checksum() {
  [ -f "$stage/SHA256SUMS" ] || return 0
  while read -r sum name; do
    if [ "${name#\*}" = "$1" ]; then printf '%s\n' "$sum"; fi
  done <"$stage/SHA256SUMS"
}

# Compares file $1 with the checksum of name $2.
verify() {
  expected=$(expected_checksum "$2")
  [ -n "$expected" ] || fail "SHA256SUMS of $source does not list $2."
  [ "$(checksum "$1")" = "$expected" ] ||
    fail "$2 does not match SHA256SUMS: it is damaged, or someone changed it. Nothing was installed."
}

fetch_verified() {
  fetch "$1" || fail "$source has no $1."
  verify "$stage/$1" "$1"
}

# Verifies the signature of SHA256SUMS. The checksums in it then verify the files.
verify_signature() {
  signature=$stage/SHA256SUMS.minisig
  if ! fetch SHA256SUMS.minisig 2>/dev/null; then
    [ -n "$release_key" ] || return 0
    or_insecure "$source is not signed, but this install.sh expects a signed release."
  elif [ -z "$release_key" ]; then
    say 'The signature was not verified: this install.sh has no key.'
  elif has minisign; then
    minisign -Vq -P "$release_key" -m "$stage/SHA256SUMS" -x "$signature" >/dev/null 2>&1 || is_forged
  elif can_verify_by_openssl; then
    verify_by_openssl || is_forged
  else
    say 'The signature was not verified: install minisign or OpenSSL 3 to do so. The checksums match.'
  fi
}

or_insecure() { [ "$is_insecure" = yes ] || fail "$1 Nothing was installed. To accept it anyway, use --insecure."; }

is_forged() {
  or_insecure "SHA256SUMS of $source does not match its signature: it is damaged, or someone changed it."
}

can_verify_by_openssl() { has openssl && openssl pkeyutl -help 2>&1 | grep -q -e -rawin; }

# The minisign format: algorithm (2 bytes), key id (8), then the key (32) or the signature (64).
verify_by_openssl() {
  printf '%s' "$release_key" | openssl base64 -d -A >"$stage/key" || return 1
  sed -n 2p "$signature" | openssl base64 -d -A >"$stage/signed" || return 1
  [ "$(slice key 3 8 | od -An -tx1)" = "$(slice signed 3 8 | od -An -tx1)" ] || return 1
  {
    printf '\060\052\060\005\006\003\053\145\160\003\041\000'
    slice key 11 32
  } >"$stage/key.der"
  slice signed 11 64 >"$stage/signature"
  case $(head -c 2 "$stage/signed") in
    ED) openssl dgst -blake2b512 -binary -out "$stage/message" "$stage/SHA256SUMS" ;;
    Ed) cp "$stage/SHA256SUMS" "$stage/message" ;;
    *) return 1 ;;
  esac
  openssl pkeyutl -verify -pubin -inkey "$stage/key.der" -keyform DER -rawin -in "$stage/message" \
    -sigfile "$stage/signature" >/dev/null 2>&1
}

# Prints $3 bytes of file $1 in the stage, starting with byte $2; the first byte is 1.
slice() { tail -c "+$2" "$stage/$1" | head -c "$3"; }

fetch_program() {
  if [ "$kind" = address ] && [ -n "$version" ]; then
    if download "$source/$version/SHA256SUMS" "$stage/SHA256SUMS" 2>/dev/null; then source=$source/$version; fi
  fi
  fetch SHA256SUMS || [ "$kind" = 'file' ] || fail "$source has no SHA256SUMS."
  [ "$kind" = 'file' ] || verify_signature
  if [ "$kind" = 'file' ]; then
    fetch_file
  else
    fetch_verified "$target.gz"
    packed=$stage/$target.gz
  fi
  case $packed in
    *.gz) gzip -dc "$packed" >"$stage/cronguard" || fail "$source could not be unpacked; is the disk full?" ;;
    *) cp "$packed" "$stage/cronguard" ;;
  esac
  chmod 755 "$stage/cronguard"
}

fetch_file() {
  packed=$source
  name=$(basename "$source")
  if [ -n "$(expected_checksum "$name")" ]; then
    verify "$source" "$name"
  else
    say "$source was not verified: it is not listed in a SHA256SUMS file in the same folder."
  fi
}

version_of() { unprivileged "$1" version 2>/dev/null; }

# Runs a command without root's rights, because root must not run a fresh download.
unprivileged() (
  cd /
  if [ "$(id -u)" -eq 0 ]; then
    if has setpriv && setpriv --reuid=65534 --regid=65534 --clear-groups true 2>/dev/null; then
      set -- setpriv --reuid=65534 --regid=65534 --clear-groups --no-new-privs -- "$@"
    else
      # shellcheck disable=SC2016 # The inner shell fills these in.
      set -- su -s /bin/sh -c 'exec "$0" "$@"' nobody "$@"
    fi
  fi
  env -i PATH="$PATH" "$@"
)

# Checks that the new program runs on this machine before it replaces another one.
try_program() {
  new_version=$(version_of "$stage/cronguard") || does_not_run
  if [ -n "$version" ] && [ "$new_version" != "$version" ]; then
    fail "$source has CronGuard $new_version, not $version."
  fi
  old_version=''
  if [ -x "$executable" ]; then old_version=$(version_of "$executable") || old_version=unknown; fi
  if [ -z "$version" ] && is_older "$new_version" "$old_version"; then
    fail "CronGuard $old_version is installed, and $new_version is older. To go back, use --version $new_version."
  fi
}

does_not_run() {
  if ! can_try; then
    leave_untried
    return
  fi
  hint=''
  [ "$libc" != musl ] || hint=' It needs libstdc++ and libgcc: apk add libstdc++ libgcc.'
  fail "The new version does not run on this machine, so nothing was changed.$hint"
}

# Whether programs can run in the stage at all.
can_try() {
  printf '#!/bin/sh\n' >"$stage/anything"
  chmod 755 "$stage/anything"
  unprivileged "$stage/anything" 2>/dev/null
}

leave_untried() {
  why="Programs cannot run in $parent; is it mounted noexec?"
  [ "$is_dry" = yes ] || fail "$why Nothing was changed."
  say "$why The new CronGuard could not be tested. Set TMPDIR to another folder."
  new_version=${version:-unknown}
}

is_older() {
  case $2 in '' | unknown | "$1") return 1 ;; esac
  [ "$(printf '%s\n%s\n' "$1" "$2" | sort -V | head -n 1)" = "$1" ]
}

# Fetches the unit and this script, which can uninstall CronGuard later.
fetch_rest() {
  if [ "$kind" = 'file' ]; then
    fetch cronguard.service || cp "$here/cronguard.service" "$stage/cronguard.service" 2>/dev/null ||
      fail "cronguard.service is missing next to $source. Copy it there, or use --no-service."
  else
    fetch_verified cronguard.service
  fi
  make_unit <"$stage/cronguard.service" >"$stage/unit"
  if [ "$kind" != 'file' ]; then
    fetch_verified install.sh
  elif [ -n "$here" ]; then
    cp "$here/install.sh" "$stage/install.sh"
  fi
}

make_unit() {
  if [ "$rootless" = yes ]; then
    make_user_unit
  else
    sed "s|/usr/local/bin/cronguard|$executable|" | fit_credentials
  fi
}

# systemd before 252 does not start a unit with a missing credential. From 256 on, ImportCredential= avoids a journal
# line for each missing one.
fit_credentials() {
  if [ "$systemd" -lt 252 ]; then
    sed '/^# Secrets outside the environment/d; /^LoadCredential=/d'
  elif [ "$systemd" -ge 256 ]; then
    sed 's/^LoadCredential=\([^:]*\):\(.*\)/ImportCredential=\2:\1/'
  else
    cat
  fi
}

# Finds systemd's version. Without systemd it assumes one that supports the whole unit.
find_systemd() {
  systemd=$(systemctl --version 2>/dev/null | sed -n '1s/^systemd \([0-9]*\).*/\1/p') || true
  systemd=${systemd:-252}
}

# Keeps the lines of the unit that a user's service manager supports.
make_user_unit() {
  kept='Description|StartLimitIntervalSec|Type|NotifyAccess|WatchdogSec|WatchdogSignal|ExecStart|Restart|RestartSec'
  kept="$kept|TimeoutStartSec|TimeoutStopSec|KillMode|UMask|Environment|EnvironmentFile|UnsetEnvironment"
  kept="$kept|MemoryHigh|MemoryMax|TasksMax"
  kept="$kept|NoNewPrivileges|RestrictAddressFamilies|RestrictNamespaces|RestrictRealtime|RestrictSUIDSGID"
  kept="$kept|LockPersonality|SystemCallArchitectures|SystemCallFilter|SystemCallErrorNumber|WantedBy"
  say '# Change it with "systemctl --user edit cronguard", which survives upgrades.'
  grep -E "^(\[|($kept)=)" | sed "
    s|/usr/local/bin/cronguard|$executable|
    s|/var/lib/cronguard|$default_data|
    s|/etc/cronguard/|$configuration/|
    s|multi-user.target|default.target|"
}

write_settings() {
  elsewhere=' Another folder also needs ReadWritePaths= under [Service] in "systemctl edit cronguard".'
  or=', or use files in /etc/credstore, as the unit explains'
  # A user unit supports neither.
  if [ "$rootless" = yes ]; then elsewhere='' or=''; fi
  if [ "$systemd" -lt 252 ]; then or=''; fi
  cat >"$stage/cronguard.env" <<END
# CronGuard's settings, one NAME=value per line. These are the defaults. To change one, remove the # and run:
#   $systemctl restart cronguard
# Your server lists all settings at /docs/configuration. Keep secrets in separate files: set
# NAME_FILE to the path$or. Commands in a shell read this file, too.

# The folder of the database.$elsewhere
CRONGUARD_DATA_DIR=$default_data

# The address for links and ping URLs. Behind a proxy: https://cron.example.com
#CRONGUARD_BASE_URL=http://127.0.0.1:8000
# 0.0.0.0 accepts connections from other machines without a proxy.
#CRONGUARD_HOST=127.0.0.1
#CRONGUARD_PORT=8000
# Proxies that may report a visitor's address: 127.0.0.1 for a proxy on this machine.
#CRONGUARD_TRUSTED_PROXIES=

# Without a mail server, emails are written to the log.
#CRONGUARD_SMTP_HOST=mail.example.com
#CRONGUARD_SMTP_SECURITY=starttls
#CRONGUARD_SMTP_PORT=587
#CRONGUARD_SMTP_USERNAME=
#CRONGUARD_SMTP_PASSWORD_FILE=
#CRONGUARD_SMTP_FROM=CronGuard <cronguard@example.com>

# With "open", anyone can create an account.
#CRONGUARD_REGISTRATION=closed
# How many pings and backups are kept, and for how long.
#CRONGUARD_PING_DAYS=90
#CRONGUARD_PINGS_PER_MONITOR=1000
#CRONGUARD_BACKUP_KEEP=7
# A URL to call every minute while the server works, such as the ping URL of a monitor on another server.
#CRONGUARD_HEARTBEAT_URL=
# A URL that gets a POST request when a problem of the server begins or ends, also while the disk is full.
#CRONGUARD_ADMIN_ALERT_URL=
#CRONGUARD_LOG_LEVEL=info
END
}

# Makes a backup before an upgrade, because the new version may change the database.
make_backup() {
  [ -n "$old_version" ] && [ "$backup" = yes ] && [ -f "$data/cronguard.db" ] || return 0
  if will "Make a backup of $data with CronGuard $old_version."; then
    as_owner "$executable" backup ||
      fail 'The backup failed, so nothing was changed. Fix the problem, or use --no-backup to upgrade without one.'
  fi
}

# Runs a command as the service user, without the caller's environment: CronGuard refuses unknown variables such as
# CRONGUARD_DOWNLOAD_URL.
as_owner() (
  cd /
  if [ "$rootless" = no ] && id cronguard >/dev/null 2>&1; then
    if has runuser; then
      set -- runuser -u cronguard -- "$@"
    else
      # shellcheck disable=SC2016 # The inner shell fills these in.
      set -- su -s /bin/sh -c 'exec "$0" "$@"' cronguard "$@"
    fi
  fi
  env -i PATH="$PATH" CRONGUARD_DATA_DIR="$data" "$@"
)

make_user() {
  if [ "$rootless" = yes ] || id cronguard >/dev/null 2>&1; then return; fi
  will 'Create the system user cronguard.' || return 0
  shell=/bin/false
  for path in /sbin/nologin /usr/sbin/nologin; do if [ -x "$path" ]; then shell=$path; fi; done
  if has useradd; then
    group=--user-group
    if grep -q '^cronguard:' /etc/group; then group='--gid=cronguard'; fi
    useradd --system "$group" --home-dir "$default_data" --no-create-home --shell "$shell" cronguard
  else
    has adduser || fail 'useradd and adduser are missing. Create a system user cronguard, and run this again.'
    grep -q '^cronguard:' /etc/group || addgroup -S cronguard
    adduser -S -D -H -h "$default_data" -s "$shell" -G cronguard cronguard
  fi
}

make_folders() {
  if [ ! -d "$configuration" ] && will "Create $configuration."; then
    mkdir -p "$configuration"
    chmod 750 "$configuration"
    give_to root:cronguard "$configuration"
  fi
  if [ ! -d "$data" ] && will "Create $data."; then
    mkdir -p "$data"
    chmod 700 "$data"
    give_to cronguard:cronguard "$data"
  fi
}

give_to() { [ "$rootless" = yes ] || chown "$1" "$2"; }

# Installs file $1 as $2 with mode $4, unless $2 was edited. $3 is the file of the previous version.
place() {
  if [ ! -e "$2" ]; then
    if will "Write $2."; then copy "$1" "$2" "$4"; fi
  elif cmp -s "$1" "$2" || cmp -s "$1" "$3"; then
    return
  elif cmp -s "$2" "$3"; then
    if will "Update $2."; then copy "$1" "$2" "$4"; fi
  else
    if will "Keep $2, which was edited. The new version is $2.new."; then copy "$1" "$2.new" "$4"; fi
    return
  fi
  is_changed=yes
}

# Copies a file atomically.
copy() {
  mkdir -p "$(dirname "$2")"
  cp "$1" "$2.$$"
  chmod "$3" "$2.$$"
  [ "$3" != 640 ] || give_to root:cronguard "$2.$$"
  mv -f "$2.$$" "$2"
}

place_program() {
  if [ "$is_new" = no ]; then
    say "CronGuard $new_version is already installed as $executable."
    return
  fi
  if [ -n "$old_version" ]; then
    will "Upgrade CronGuard $old_version to $new_version, and keep the old executable as $executable.prev." || return 0
    ln -f "$executable" "$executable.prev" 2>/dev/null || cp -p "$executable" "$executable.prev"
  else
    will "Install CronGuard $new_version as $executable." || return 0
  fi
  mkdir -p "$prefix/bin"
  mv -f "$stage/cronguard" "$executable"
  if has restorecon; then restorecon "$executable" || true; fi
}

# Stores the original files, so that the next version knows which ones were edited.
remember_files() {
  [ "$is_dry" = no ] || return 0
  copy "$stage/cronguard.env" "$share/cronguard.env" 644
  copy "$stage/unit" "$share/cronguard.service" 644
  if [ -f "$stage/install.sh" ]; then copy "$stage/install.sh" "$share/install.sh" 755; fi
}

systemd_runs() {
  if [ "$rootless" = yes ]; then
    has systemctl && $systemctl show-environment >/dev/null 2>&1
  else
    has systemctl && [ -d /run/systemd/system ]
  fi
}

# Whether to enable the service. It is enabled once only, because someone may disable it on purpose later.
find_first() {
  is_first=no
  if [ ! -e "$unit" ]; then
    is_first=yes
  elif [ ! -e "$share/enabled" ] && systemd_runs; then
    $systemctl is-enabled --quiet cronguard.service || $systemctl is-active --quiet cronguard.service || is_first=yes
  fi
}

remember_enabled() { [ "$is_dry" = yes ] || : >"$share/enabled"; }

start_service() {
  if ! systemd_runs; then
    say "systemd is not running. Start CronGuard yourself$as_whom: CRONGUARD_DATA_DIR=$data $executable serve"
    return
  elif [ "$is_first" = yes ]; then
    will 'Start cronguard.service, now and at boot.' || return 0
    $systemctl daemon-reload
    $systemctl enable --now cronguard.service || fail "CronGuard did not start. To see why: $journal"
    [ "$rootless" = no ] || say 'To keep it running while you are logged out: loginctl enable-linger'
  elif [ "$is_new" = yes ] || [ "$is_changed" = yes ]; then
    will 'Restart cronguard.service if it is running.' || return 0
    $systemctl daemon-reload
    $systemctl try-restart cronguard.service || fail "CronGuard did not restart. To see why: $journal"
  fi
  remember_enabled
}

say_how_to_begin() {
  [ "$is_dry" = no ] || return 0
  how='see the output of the server'
  if systemd_runs; then how="$journal | grep -F /setup? | tail -n 1"; fi
  say ''
  say "Open CronGuard $new_version at $(address)"
  [ "$is_fresh" = yes ] || return 0
  say "Create the first account with the link in the log, which expires 30 minutes after the server starts: $how"
  say "Then ping from a job: curl -fsS '$(address)/ping/<ping key of your project>/backup?create=1'"
}

install() {
  require_rights
  find_target
  find_source
  if [ "$service" = yes ] && [ "$rootless" = no ]; then
    case $prefix/ in /home/* | /root/*) fail "A system service cannot use $prefix. Use --user or --no-service." ;; esac
  fi
  say "Installing $target from $source."
  make_stage
  fetch_program
  try_program
  if [ "$service" = yes ]; then
    find_systemd
    fetch_rest
    write_settings
  fi
  is_new=yes is_changed=no is_fresh=yes
  if [ -e "$data/cronguard.db" ]; then is_fresh=no; fi
  if cmp -s "$stage/cronguard" "$executable"; then is_new=no; fi
  if [ "$is_new" = yes ]; then make_backup; fi
  if [ "$service" = yes ]; then
    find_first
    make_user
    make_folders
    place "$stage/cronguard.env" "$settings" "$share/cronguard.env" 640
    place "$stage/unit" "$unit" "$share/cronguard.service" 644
  fi
  place_program
  if [ "$service" = yes ]; then
    remember_files
    start_service
    say_how_to_begin
  fi
}

remove_program() {
  require_rights
  if [ ! -e "$executable" ] && [ ! -e "$unit" ]; then say 'CronGuard is not installed.'; fi
  if [ -e "$unit" ] && will "Stop cronguard.service and remove $unit."; then
    if systemd_runs; then $systemctl disable --now cronguard.service || fail 'The service could not be stopped.'; fi
    rm -f "$unit" "$unit.new" "$units"/*.target.wants/cronguard.service
    if systemd_runs; then $systemctl daemon-reload; fi
  fi
  remove_executable
}

remove_executable() {
  if [ -e "$executable" ] && will "Remove $executable."; then rm -f "$executable" "$executable.prev"; fi
  if [ -e "$share" ] && will "Remove $share."; then rm -rf "$share"; fi
}

# Removes an executable that no service uses.
remove_alone() {
  require_rights
  if is_served; then fail "The service uses $executable. To remove both, omit --no-service."; fi
  [ -e "$executable" ] || say "$executable does not exist."
  remove_executable
  say 'The service, its settings and its data were kept.'
}

# Whether the service runs this executable, even through a symbolic link or another program.
is_served() {
  [ -r "$unit" ] || return 1
  if [ -n "$served" ] && [ "$(real_folder "$prefix/bin")" = "$(real_folder "$served/bin")" ]; then return; fi
  sed -n 's/^ExecStart=//p' "$unit" | grep -qF "$executable "
}

real_folder() { (cd "$1" 2>/dev/null && pwd -P) || say "$1"; }

uninstall() {
  if [ "$service" = no ]; then
    remove_alone
    return
  fi
  remove_program
  for path in "$data" "$configuration" "$unit.d"; do
    if [ -e "$path" ]; then say "$path was kept."; fi
  done
  say_what_secrets_stay
  if [ "$rootless" = no ] && id cronguard >/dev/null 2>&1; then say 'The system user cronguard was kept.'; fi
  say 'To remove these as well, use --purge.'
}

purge() {
  require_rights
  confirm
  remove_program
  for path in "$configuration" "$unit.d" "$default_data"; do
    if [ -e "$path" ] && will "Remove $path."; then rm -rf "$path"; fi
  done
  if [ "$data" != "$default_data" ] && [ -e "$data" ]; then say "$data was kept. Remove it yourself."; fi
  say_what_secrets_stay
  if [ "$rootless" = no ] && id cronguard >/dev/null 2>&1 && will 'Remove the system user cronguard.'; then
    if has userdel; then userdel cronguard; else deluser cronguard; fi
  fi
}

# These files were created by hand and are not removed: a credential encrypted for this machine may have no other copy.
say_what_secrets_stay() {
  [ "$rootless" = no ] || return 0
  for path in /etc/credstore/cronguard.* /etc/credstore.encrypted/cronguard.*; do
    if [ -e "$path" ]; then say "$path was kept because it holds a secret. Remove it yourself."; fi
  done
}

confirm() {
  if [ "$is_sure" = yes ] || [ "$is_dry" = yes ]; then return; fi
  say "This removes CronGuard, all monitors, pings and backups in $default_data, and the settings in $configuration."
  printf 'Type yes to continue: '
  answer=''
  # When the script is read from standard input, the answer comes from the terminal.
  case $0 in
    *install.sh) read -r answer || true ;;
    *) { read -r answer </dev/tty; } 2>/dev/null || true ;;
  esac
  say ''
  [ "$answer" = yes ] || fail 'Nothing was removed.'
}

main() {
  umask 022
  read_arguments "$@"
  systemctl=systemctl
  journal='journalctl -u cronguard -o cat'
  as_whom=' as the user cronguard'
  if [ "$rootless" = yes ]; then
    systemctl='systemctl --user'
    journal='journalctl --user -u cronguard -o cat'
    as_whom=''
  fi
  find_places
  $task
}

main "$@"
