// A strict reader of Prometheus' text format, version 0.0.4, stricter than Prometheus itself: what is merely
// tolerated (a family in two places, a sample without a type) is an error here.

const NAME = '[a-zA-Z_:][a-zA-Z0-9_:]*';
const SAMPLE = new RegExp(`^(${NAME})(?:\\{(.*)\\})? (\\S+)$`);
const LABEL = /([a-zA-Z_][a-zA-Z0-9_]*)="((?:[^"\\\n]|\\[\\"n])*)"(,|$)/gy;
const NUMBER = /^(?:[+-]?Inf|NaN|[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?)$/;
const TYPES = ['counter', 'gauge', 'histogram', 'summary', 'untyped'];

function readLabels(text = '', line) {
  const labels = {};
  let at = 0;
  LABEL.lastIndex = 0;
  for (let found; at < text.length && (found = LABEL.exec(text)); at = LABEL.lastIndex) {
    if (found[1] in labels) throw new Error(`label twice: ${line}`);
    labels[found[1]] = found[2].replace(/\\(.)/g, (_, char) => (char === 'n' ? '\n' : char));
  }
  if (at !== text.length) throw new Error(`labels: ${line}`);
  return labels;
}

function readNumber(text, line) {
  if (!NUMBER.test(text)) throw new Error(`no number: ${line}`);
  return text.endsWith('Inf') ? Number(text.replace('Inf', 'Infinity')) : Number(text);
}

function checkHistogram({ name, samples }) {
  const buckets = samples.filter((sample) => sample.name === `${name}_bucket`);
  const one = (suffix) => {
    const [only, more] = samples.filter((sample) => sample.name === name + suffix);
    if (!only || more) throw new Error(`${name}: not exactly one ${suffix}`);
    return only.value;
  };
  const bounds = buckets.map(({ labels }) => readNumber(labels.le ?? 'none', `${name}_bucket`));
  if (bounds.at(-1) !== Infinity) throw new Error(`${name}: the last bucket is not +Inf`);
  for (let i = 1; i < buckets.length; i++) {
    if (!(bounds[i] > bounds[i - 1])) throw new Error(`${name}: bounds do not rise`);
    if (buckets[i].value < buckets[i - 1].value) throw new Error(`${name}: buckets are not cumulative`);
  }
  if (one('_count') !== buckets.at(-1).value) throw new Error(`${name}: count is not the last bucket's`);
  one('_sum');
}

const suffixesOf = (type) => (type === 'histogram' ? ['_bucket', '_sum', '_count'] : ['']);

/** Map of family name to { name, type, samples: [{ name, labels, value }] }. */
export function parsePrometheus(text) {
  if (!text.endsWith('\n')) throw new Error('the last line has no end');
  const families = new Map();
  const seen = new Set();
  let family;
  let help;
  for (const line of text.split('\n').slice(0, -1)) {
    const [, keyword, name, rest] = new RegExp(`^# (HELP|TYPE) (${NAME}) (.+)$`).exec(line) ?? [];
    if (keyword === 'HELP') {
      help = name;
      continue;
    }
    if (keyword === 'TYPE') {
      if (families.has(name)) throw new Error(`family twice: ${name}`);
      if (help !== name) throw new Error(`no help for people: ${name}`);
      if (!TYPES.includes(rest)) throw new Error(`type: ${line}`);
      family = { name, type: rest, samples: [] };
      families.set(name, family);
      continue;
    }
    const [, sample, labels, value] = SAMPLE.exec(line) ?? [];
    if (!sample) throw new Error(`no sample: ${JSON.stringify(line)}`);
    if (!family || !suffixesOf(family.type).some((suffix) => sample === family.name + suffix)) throw new Error(`outside of its family: ${line}`);
    if (family.type === 'counter' && !sample.endsWith('_total')) throw new Error(`a counter's name ends in _total: ${line}`);
    const id = `${sample}{${labels ?? ''}}`;
    if (seen.has(id)) throw new Error(`sample twice: ${line}`);
    seen.add(id);
    family.samples.push({ name: sample, labels: readLabels(labels, line), value: readNumber(value, line) });
  }
  for (const one of families.values()) {
    if (one.samples.length === 0) throw new Error(`${one.name} has no sample`);
    if (one.type === 'histogram') checkHistogram(one);
    if (one.type === 'counter' && one.samples.some(({ value }) => !(value >= 0))) throw new Error(`${one.name} is negative`);
  }
  return families;
}
