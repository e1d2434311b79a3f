// Prometheus as Debian ships it, on a free port of loopback, reading every second the text that `metrics()` gives:
// node_exporter's textfile collector would hand on the same.

import { createServer } from 'node:http';
import { startFrontServer } from './frontserver.js';
import { until } from './daemon.js';

export const INSTANCE = 'host.example:9100';

const configuration = ({ target, rules }) => `
global:
  scrape_interval: 1s
  scrape_timeout: 1s
  evaluation_interval: 1s
rule_files: ${JSON.stringify(rules)}
scrape_configs:
  - job_name: node
    static_configs:
      - targets: ['${target}']
        labels: { instance: '${INSTANCE}' }
`;

async function exporter(metrics) {
  const server = createServer(async (request, response) => {
    try {
      const text = await metrics();
      response.writeHead(200, { 'Content-Type': 'text/plain; version=0.0.4' }).end(text);
    } catch (error) {
      response.writeHead(500).end(error.message);
    }
  });
  await new Promise((resolve) => { server.listen(0, '127.0.0.1', resolve); });
  return server;
}

/** `rules`: files of alerting rules, read as they are. */
export async function startPrometheus({ metrics, rules = [] }) {
  const server = await exporter(metrics);
  const stopServer = () => { server.closeAllConnections(); server.close(); };
  try {
    const front = await startFrontServer('prometheus', {}, async (place) => {
      const file = await place.folder.write('prometheus.yml', configuration({ target: `127.0.0.1:${server.address().port}`, rules }));
      return {
        command: '/usr/bin/prometheus', env: { PATH: process.env.PATH }, as: place.folder.as,
        args: [`--config.file=${file}`, `--storage.tsdb.path=${await place.folder.directory('data')}`, `--web.listen-address=127.0.0.1:${place.port}`, '--log.level=warn'],
      };
    });
    const ask = async (path) => {
      const { status, data, error } = await (await fetch(`${front.url}/api/v1/${path}`)).json();
      if (status !== 'success') throw new Error(`${path}: ${error}`);
      return data;
    };
    const query = async (text) => (await ask(`query?query=${encodeURIComponent(text)}`)).result;
    return {
      query,
      alerts: async () => (await ask('alerts')).alerts,
      rules: async () => (await ask('rules')).groups.flatMap((group) => group.rules),
      /** Resolves once so many samples of a metric were read. */
      readings: (metric, count) => until(async () => Number((await query(`count_over_time(${metric}[5m])`))[0]?.value[1] ?? 0) >= count, { timeoutMs: 30_000, what: `${count} readings of ${metric}` }),
      async stop() {
        const end = await front.stop();
        stopServer();
        return end;
      },
    };
  } catch (error) {
    stopServer();
    throw error;
  }
}
