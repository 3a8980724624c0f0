#!/bin/sh
# Fetches the program's bundle with the machine's own token, checks its sha256, and writes down its settings.
# usage: fetch-bundle.sh PROGRAM FOLDER_OF_THE_BUNDLE FOLDER_OF_THE_SETTINGS
set -eu
program=$1
bundles=$2
settings=$3
metadata=http://metadata.google.internal/computeMetadata/v1/instance

ask() {
  curl --fail --silent --show-error --retry 10 --retry-all-errors --max-time 60 --header "Metadata-Flavor: Google" "$metadata/$1"
}

refuse() {
  echo "rhythmic-$program: $1" >&2
  exit 1
}

mkdir -p "$bundles" "$settings"
file=$bundles/$program.cjs
expected=$(ask attributes/rhythmic-bundle-sha256)
url=$(ask attributes/rhythmic-bundle)
ask attributes/rhythmic-environment > "$settings/environment"

# A second boot of the same template finds the bundle there.
if ! echo "$expected  $file" | sha256sum --check --status 2>/dev/null; then
  token=$(ask service-accounts/default/token | sed -n 's/.*"access_token" *: *"\([^"]*\)".*/\1/p')
  [ -n "$token" ] || refuse "the metadata server gave no token"
  # The token goes through standard input, so that no list of processes shows it.
  printf 'Authorization: Bearer %s\n' "$token" |
    curl --fail --silent --show-error --location --retry 10 --retry-all-errors --max-time 300 --header @- --output "$file.part" "$url" ||
    refuse "could not fetch $url"
  echo "$expected  $file.part" | sha256sum --check --status ||
    refuse "$url does not have the sha256 $expected; not started"
  mv "$file.part" "$file"
fi
chmod 0644 "$file"
echo "rhythmic-$program: bundle $expected is in place"
