// Debian's Chromium without a screen, in a profile of its own that is gone afterwards.

import { chromium } from 'playwright-core';

const EXECUTABLE = process.env.CHROMIUM ?? '/usr/bin/chromium';

/** --no-sandbox: root may not have one. --disable-dev-shm-usage: a container's /dev/shm is small. */
export function startBrowser() {
  return chromium.launch({ executablePath: EXECUTABLE, args: ['--no-sandbox', '--disable-dev-shm-usage'], timeout: 30_000 });
}
