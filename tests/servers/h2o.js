// h2o with the lines of docs/deploy.md, on a free port. The responder runs by itself and listens on `socket`.

import { DOCUMENTED, documented } from './documented.js';
import { startFrontServer } from './frontserver.js';

const indented = (text, by) => text.replace(/^(?=.)/gm, ' '.repeat(by));

const configuration = ({ folder, port, errorLog }, paths) => `
${folder.user.name ? `user: ${folder.user.name}` : ''}
error-log: ${errorLog}
pid-file: ${folder.join('h2o.pid')}
num-threads: 1
listen:
  host: 127.0.0.1
  port: ${port}
hosts:
  default:
    paths:
${indented(paths, 6)}`;

export function startH2o({ socket }) {
  const [paths] = documented('h2o', [[DOCUMENTED.socket, socket]]);
  return startFrontServer('h2o', {}, async (place) => {
    const file = await place.folder.write('h2o.conf', configuration(place, paths));
    return { command: '/usr/bin/h2o', args: ['-c', file], env: { PATH: process.env.PATH } };
  });
}
