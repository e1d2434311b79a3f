// An authority of our own and a server's certificate by it: Python's ssl takes no self-signed one.

import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

const run = promisify(execFile);
const KEY = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes'];

/** { authority, certificate, key }: files in the folder. */
export async function makeCertificates(folder) {
  const [authority, authorityKey, certificate, key, request] =
    ['authority.pem', 'authority-key.pem', 'server.pem', 'server-key.pem', 'server.csr'].map((name) => folder.join(name));
  await run('openssl', ['req', '-x509', ...KEY, '-days', '2', '-subj', '/CN=bench authority', '-keyout', authorityKey, '-out', authority]);
  await run('openssl', ['req', ...KEY, '-subj', '/CN=127.0.0.1', '-addext', 'subjectAltName=IP:127.0.0.1', '-keyout', key, '-out', request]);
  await run('openssl', ['x509', '-req', '-in', request, '-copy_extensions', 'copy', '-CA', authority, '-CAkey', authorityKey,
    '-CAcreateserial', '-days', '2', '-out', certificate]);
  return { authority, certificate, key };
}
