// The responder's settings file.

/** Values are quoted, as systemd's EnvironmentFile syntax allows. */
export function settingsText(settings) {
  return Object.entries(settings)
    .filter(([, value]) => value !== undefined)
    .map(([name, value]) => `${name}="${String(value).replace(/["\\$`]/g, '\\$&')}"\n`)
    .join('');
}

export async function writeSettings(folder, settings, { name = 'autojoin.conf', mode = 0o600 } = {}) {
  return folder.write(name, settingsText(settings), mode);
}
