#!/bin/sh
# Fetches the program's bundle with the machine's own token, checks it, and writes down the program's settings.
# What may pass by itself is tried again for a while; a refusal is one line that says what, and leaves nothing behind
# from which the program could be started. systemd calls again after a refusal.
# usage: fetch-bundle.sh PROGRAM FOLDER_OF_THE_BUNDLE FOLDER_OF_THE_SETTINGS
set -eu
umask 077
program=$1
bundles=$2
settings=$3
metadata=http://metadata.google.internal/computeMetadata/v1/instance
flavor="Metadata-Flavor: Google"
file=$bundles/$program.cjs
tries=7
clock_off_max_s=60

say() {
  echo "rhythmic-$program: $1" >&2
}

refuse() {
  rm -f "$file.part" "$settings/environment.part"
  say "$1"
  exit 1
}

# get WHAT HEADER SECONDS CURL_ARGUMENT...: leaves what came in $answer. Between its tries it waits 1, 2, 4 ... seconds,
# about a minute in all. The header goes through standard input, since everybody may list a process's arguments.
get() {
  what=$1 header=$2 seconds=$3
  shift 3
  try=1 pause_s=1
  until answer=$(printf '%s\n' "$header" | curl --fail --silent --show-error --connect-timeout 5 --max-time "$seconds" --header @- "$@" 2>&1); do
    # Of half an answer, which may be a token, nothing is said.
    error="curl: ${answer##*curl: }"
    case $error in
      "curl: (23)"*) refuse "$what can't be written, the disk is full or read-only: $error" ;;
    esac
    [ "$try" -lt $tries ] || refuse "$what can't be had, after $tries tries: $error"
    sleep $pause_s
    try=$((try + 1)) pause_s=$((pause_s * 2))
  done
}

# ask NAME: a value of the machine's metadata, left in $answer.
ask() {
  get "the metadata server's $1" "$flavor" 10 "$metadata/$1"
}

# A clock that is far off makes every certificate look expired or not yet valid, and nobody would think of the clock.
check_clock() {
  get "the metadata server's time" "$flavor" 10 --dump-header - --output /dev/null "$metadata/id"
  theirs=$(printf '%s\n' "$answer" | tr -d '\r' | sed -n 's/^[Dd]ate: *//p')
  [ -n "$theirs" ] || refuse "the metadata server does not say what time it is; not started"
  off_s=$(($(date -u +%s) - $(date -u -d "$theirs" +%s)))
  [ ${off_s#-} -le $clock_off_max_s ] ||
    refuse "this machine's clock says $(date -u '+%a, %d %b %Y %H:%M:%S GMT'), Google's $theirs: TLS would fail; not started"
}

write_settings() {
  ask attributes/rhythmic-environment
  block=$answer
  # The program answers at the machine's own address alone, which only the machine knows.
  ask network-interfaces/0/ip
  case $answer in
    "" | 0.0.0.0 | *[!0-9.]*) refuse "the metadata server gave \"$answer\" as the machine's address; not started" ;;
  esac
  printf '%s\nSTATUS_ADDRESS=%s\n' "$block" "$answer" > "$settings/environment.part" ||
    refuse "the settings can't be written to $settings; not started"
  mv "$settings/environment.part" "$settings/environment"
}

fetch() {
  ask attributes/rhythmic-bundle
  url=$answer
  ask service-accounts/default/token
  token=$(printf '%s\n' "$answer" | sed -n 's/.*"access_token" *: *"\([^"]*\)".*/\1/p')
  [ -n "$token" ] || refuse "the metadata server gave no token; has the machine a service account?"
  get "$url" "Authorization: Bearer $token" 60 --output "$file.part" "$url"
  echo "$expected  $file.part" | sha256sum --check --status ||
    refuse "$url does not have the sha256 $expected; not started"
  case $(head -n 1 "$file.part") in
    "/* Rhythmic $program; "*) ;;
    *) refuse "$url is not a bundle of $program, it begins with \"$(head -c 60 "$file.part" | head -n 1)\"; not started" ;;
  esac
  chmod 0644 "$file.part"
  mv "$file.part" "$file"
}

mkdir -p "$bundles" "$settings"
rm -f "$settings/environment"
check_clock
ask attributes/rhythmic-bundle-sha256
expected=$answer
# A second boot of the same template finds the bundle there.
echo "$expected  $file" | sha256sum --check --status 2> /dev/null || fetch
write_settings
say "bundle $expected is in place"
