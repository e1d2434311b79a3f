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

/** The same with a validity of one's own ("20200101000000Z"), of which only `openssl ca` makes one. */
export async function makeDatedCertificate(folder, { from, until, names = ['hook.example.com', 'localhost'], addresses = ['127.0.0.1'] }) {
  const alt = [...names.map((name) => `DNS:${name}`), ...addresses.map((address) => `IP:${address}`)].join(',');
  const [key, cert, request, config] = ['key.pem', 'cert.pem', 'request.pem', 'ca.conf'].map((name) => folder.join(name));
  await folder.write('index.txt', '');
  await folder.write('serial', '01\n');
  await folder.write('ca.conf', `[ca]\ndefault_ca=d\n[d]\ndatabase=${folder.join('index.txt')}\nnew_certs_dir=${folder.path}\nserial=${folder.join('serial')}\n`
    + `default_md=sha256\npolicy=p\nx509_extensions=e\n[p]\ncommonName=supplied\n[e]\nsubjectAltName=${alt}\nbasicConstraints=critical,CA:FALSE\n`);
  await run('openssl', ['req', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-subj', `/CN=${names[0]}`, '-keyout', key, '-out', request]);
  await run('openssl', ['ca', '-batch', '-config', config, '-selfsign', '-keyfile', key, '-in', request, '-startdate', from, '-enddate', until, '-notext', '-out', cert]);
  await folder.write('key.pem', await readFile(key));
  await folder.write('cert.pem', await readFile(cert));
  return { key, cert };
}
