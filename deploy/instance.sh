# shellcheck shell=bash disable=SC2034
# What deploy/up and deploy/down know of an instance. Sourced, never run.

top=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)

if [ -n "${GRATIS_HOME:-}" ]; then
  home=$(realpath -ms "$GRATIS_HOME")
elif [ "$(id -u)" -eq 0 ]; then
  home=/var/lib/gratis
else
  home=${XDG_DATA_HOME:-$HOME/.local/share}/gratis
fi

say() { printf '%s\n' "$*"; }
fail() { printf '%s\n' "$*" >&2; exit 1; }

# Whether the process with this number is the program of this name: not one that ended, nor another
# that the number has gone to since.
lives() {
  [ "$(basename "$(readlink "/proc/$2/exe" 2>/dev/null | sed 's/ (deleted)$//')")" = "$1" ]
}

# The pid of the process that keeps run/NAME.json; nothing when it does not live.
pid_of() {
  local pid
  pid=$(sed -nE 's/.*"pid": *([0-9]+).*/\1/p' "$home/run/$1.json" 2>/dev/null | head -n 1)
  [ -n "$pid" ] && lives "$1" "$pid" && echo "$pid"
}

# The names of the instance's processes that live.
alive() {
  local file
  for file in "$home"/run/*.json; do
    [ -e "$file" ] && pid_of "$(basename "$file" .json)" >/dev/null && basename "$file" .json
  done
  true
}

# Asks the instance's processes to finish what they accepted and end; waits for them.
stop_processes() {
  local name pid deadline
  local -A pids=()
  for name in $(alive); do pids[$name]=$(pid_of "$name"); done
  for name in "${!pids[@]}"; do kill -TERM "${pids[$name]}" 2>/dev/null || true; done
  deadline=$((SECONDS + 45))
  for name in "${!pids[@]}"; do
    pid=${pids[$name]}
    while lives "$name" "$pid"; do  # its run file is gone as soon as it begins to end
      if [ "$SECONDS" -ge "$deadline" ]; then
        say "$name (pid $pid) does not end by itself; the books survive that it is killed."
        kill -KILL "$pid" 2>/dev/null || true
        break
      fi
      sleep 0.1
    done
    rm -f "$home/run/$name.json"
    say "Stopped $name (pid $pid)."
  done
}

# The pid of the server that keeps the instance's letters in its home; nothing when it does not live.
mail_catcher() {
  local pid
  pid=$(cat "$home/mail/catcher.pid" 2>/dev/null) || return 1
  tr '\0' ' ' <"/proc/$pid/cmdline" 2>/dev/null | grep -q "aiosmtpd.* $home/mail/letters" && echo "$pid"
}

# Keeps letters instead of sending them: a mail server on the port, for this machine alone, that puts
# each into a file of its own in $home/mail/letters/new.
catch_mail() {
  local port=$1
  if mail_catcher >/dev/null; then return; fi
  mkdir -p "$home/mail"
  setsid nohup /usr/bin/python3 -m aiosmtpd -n -l "localhost:$port" -c aiosmtpd.handlers.Mailbox \
    "$home/mail/letters" >>"$home/log/mail.log" 2>&1 </dev/null &
  echo $! >"$home/mail/catcher.pid"
  disown $!
}

stop_mail_catcher() {
  local pid
  pid=$(mail_catcher) || return 0
  kill -TERM "$pid" 2>/dev/null || true
  rm -f "$home/mail/catcher.pid"
  say "Stopped the mail catcher (pid $pid)."
}

# Stops the embedded PostgreSQL, if one runs in the instance's home.
stop_postgres() {
  local data=$home/postgres/data pid owner pg_ctl
  pid=$(head -n 1 "$data/postmaster.pid" 2>/dev/null) || return 0
  [ "$(basename "$(readlink "/proc/$pid/exe")" 2>/dev/null)" = postgres ] || return 0
  owner=$(stat -c %U "$data")
  pg_ctl=$(dirname "$(readlink "/proc/$pid/exe")")/pg_ctl
  as_owner=()
  [ "$owner" = "$(id -un)" ] || as_owner=(runuser -u "$owner" --)
  (cd / && "${as_owner[@]}" "$pg_ctl" stop -D "$data" -m fast -w -t 60 >/dev/null) ||
    fail "PostgreSQL in $data does not stop; see $home/postgres/log"
  say "Stopped PostgreSQL (pid $pid)."
}
