// A throw-away certificate for servers on loopback, made by the openssl program.

import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { promisify } from 'node:util';

const run = promisify(execFile);

export async function makeCertificate(folder, names = ['hook.example.com', 'localhost'], addresses = ['127.0.0.1']) {
  const key = folder.join('key.pem');
  const cert = folder.join('cert.pem');
  const alt = [...names.map((name) => `DNS:${name}`), ...addresses.map((address) => `IP:${address}`)].join(',');
  await run('openssl', ['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes',
    '-days', '2', '-subj', `/CN=${names[0]}`, '-addext', `subjectAltName=${alt}`, '-addext', 'basicConstraints=critical,CA:FALSE', '-keyout', key, '-out', cert]);
  // Rewritten so that the worker user owns them.
  await folder.write('key.pem', await readFile(key));
  await folder.write('cert.pem', await readFile(cert));
  return { key, cert };
}
