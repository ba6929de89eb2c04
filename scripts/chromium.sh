#!/usr/bin/env bash
# Sees to a Chromium for the tests of the page: takes the one that is there, or installs the system's package where it may.
set -euo pipefail

found() {
    command -v chromium || command -v chromium-browser || command -v google-chrome || command -v google-chrome-stable ||
        command -v "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome"
}

found >/dev/null && exit 0

as_root="env DEBIAN_FRONTEND=noninteractive"
if [ "$(id -u)" -ne 0 ]; then
    as_root="sudo -n $as_root"
fi
if command -v apt-get >/dev/null && $as_root true 2>/dev/null; then
    echo "Installing the system's package chromium, in which the page is tested."
    $as_root apt-get update --quiet=2 || true
    $as_root apt-get install --yes --quiet=2 --no-install-recommends chromium >/dev/null || true
fi

found >/dev/null || cat <<'TEXT'
No Chromium on this machine: the page's tests will be skipped, all others run.
Install Chromium or Chrome (Debian: apt-get install chromium; macOS: brew install --cask chromium), then run make test again.
TEXT
