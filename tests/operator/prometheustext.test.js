// The reader of Prometheus' text format can refuse: a judge that cannot is none.

import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { parsePrometheus } from './prometheustext.js';

const withHelp = (text) => text.replace(/^# TYPE (\S+)/gm, '# HELP $1 of x\n# TYPE $1');

describe('the reader of Prometheus\' format refuses', () => {
  const histogram = (lines) => `# TYPE h histogram\n${lines.join('\n')}\n`;
  for (const [name, text] of [
    ['no end of line', '# TYPE a gauge\na 1'],
    ['a sample without a type', 'a 1\n'],
    ['a family twice', '# TYPE a gauge\na 1\n# TYPE b gauge\nb 1\n# TYPE a gauge\na 2\n'],
    ['a sample twice', '# TYPE a gauge\na 1\na 1\n'],
    ['a sample of another family', '# TYPE a gauge\nb 1\n'],
    ['a counter that is not _total', '# TYPE a counter\na 1\n'],
    ['what is no number', '# TYPE a gauge\na 1,5\n'],
    ['a label without quotes', '# TYPE a gauge\na{b=c} 1\n'],
    ['a name with a dash', '# TYPE a-b gauge\na-b 1\n'],
    ['a family without samples', '# TYPE a gauge\n'],
    ['a histogram without +Inf', histogram(['h_bucket{le="1"} 1', 'h_sum 1', 'h_count 1'])],
    ['buckets that fall', histogram(['h_bucket{le="1"} 2', 'h_bucket{le="+Inf"} 1', 'h_sum 1', 'h_count 1'])],
    ['a count of its own', histogram(['h_bucket{le="+Inf"} 1', 'h_sum 1', 'h_count 2'])],
    ['no sum', histogram(['h_bucket{le="+Inf"} 1', 'h_count 1'])],
  ]) it(name, () => assert.throws(() => parsePrometheus(withHelp(text))));

  it('a family without help', () => assert.throws(() => parsePrometheus('# TYPE a gauge\na 1\n'), /no help/));

  it('nothing that is right', () => {
    const families = parsePrometheus(withHelp(histogram(['h_bucket{le="0.5"} 1', 'h_bucket{le="+Inf"} 2', 'h_sum 1e-3', 'h_count 2'])) + '# HELP a_total x\n# TYPE a_total counter\na_total{b="c\\"d"} 1\n');
    assert.deepEqual(families.get('a_total').samples, [{ name: 'a_total', labels: { b: 'c"d' }, value: 1 }]);
  });
});
