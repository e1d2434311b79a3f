// Twilio's published OpenAPI documents as the contract of a stand-in: which requests exist, what may
// stand in them, and which members an answer has. Nothing here knows what a request means.

import { CHAT, CONVERSATIONS, readTwilioDocument } from '../lib/twilio-documents.js';

const FORM = 'application/x-www-form-urlencoded';

function pathPattern(template) {
  const source = template.replace(/[.]/g, '\\.').replace(/\{(\w+)\}/g, (_, name) => `(?<${name}>[^/]+)`);
  return new RegExp(`^${source}$`);
}

/** What is wrong with one value, or undefined. */
function objection(schema, text) {
  if (schema.enum && !schema.enum.includes(text)) return `must be one of ${schema.enum.join(', ')}`;
  if (schema.pattern && !new RegExp(schema.pattern).test(text)) return `does not match ${schema.pattern}`;
  if (schema.type === 'boolean' && !/^(true|false)$/.test(text)) return 'is no boolean';
  if (schema.type !== 'integer') return undefined;
  if (!/^-?\d+$/.test(text)) return 'is no integer';
  if (Number(text) < (schema.minimum ?? -Infinity) || Number(text) > (schema.maximum ?? Infinity)) return 'is out of range';
  return undefined;
}

class Operation {
  constructor(document, template, method, description) {
    Object.assign(this, { document, template, method, description, pattern: pathPattern(template) });
    this.name = `${method.toUpperCase()} ${template}`;
  }

  #resolve(schema) {
    return schema.$ref ? this.document.components.schemas[schema.$ref.split('/').pop()] : schema;
  }

  #parameters(where) {
    const wanted = (this.description.parameters ?? []).filter((one) => one.in === where);
    return new Map(wanted.map((one) => [one.name, { required: one.required, ...this.#resolve(one.schema) }]));
  }

  #fields() {
    const schema = this.description.requestBody?.content[FORM]?.schema;
    const required = schema?.required ?? [];
    return new Map(Object.entries(schema?.properties ?? {})
      .map(([name, one]) => [name, { ...this.#resolve(one), required: required.includes(name) }]));
  }

  /** The first objection to a request; undefined if it is one that the document allows. */
  object({ path, query, form, headers }) {
    const given = [
      ['path', this.#parameters('path'), Object.entries(path)],
      ['query', this.#parameters('query'), [...query]],
      ['form', this.#fields(), [...form]],
    ];
    for (const [where, known, pairs] of given) {
      const seen = new Set();
      for (const [name, value] of pairs) {
        const schema = known.get(name);
        if (!schema) return `${where}: ${name} is unknown`;
        if (seen.has(name) && schema.type !== 'array') return `${where}: ${name} is given twice`;
        seen.add(name);
        const wrong = objection(schema.type === 'array' ? this.#resolve(schema.items) : schema, value);
        if (wrong) return `${where}: ${name} ${wrong}`;
      }
      const missing = [...known].find(([name, { required }]) => required && !seen.has(name));
      if (missing) return `${where}: ${missing[0]} is missing`;
    }
    for (const [name, schema] of this.#parameters('header')) {
      const value = headers[name.toLowerCase()];
      const wrong = value !== undefined && objection(schema, value);
      if (wrong) return `header: ${name} ${wrong}`;
    }
    return undefined;
  }

  /** The success status and the answer's members, those without a value null. */
  answer(values = {}) {
    const [status, response] = Object.entries(this.description.responses).find(([code]) => code.startsWith('2'));
    const schema = response.content && this.#resolve(response.content['application/json'].schema);
    if (!schema) return { status: Number(status) };
    const unknown = Object.keys(values).find((name) => !(name in schema.properties));
    if (unknown) throw new Error(`${this.name}: no member ${unknown} in the document`);
    return { status: Number(status), json: Object.fromEntries(Object.keys(schema.properties).map((name) => [name, values[name] ?? null])) };
  }
}

/** All operations of both documents, as a function from a method and a path to [operation, path variables]. */
export async function readContract() {
  const operations = [];
  for (const name of [CONVERSATIONS, CHAT]) {
    const document = JSON.parse(await readTwilioDocument(name));
    for (const [template, methods] of Object.entries(document.paths)) {
      for (const [method, description] of Object.entries(methods)) {
        if (description.responses) operations.push(new Operation(document, template, method, description));
      }
    }
  }
  return (method, path) => {
    const operation = operations.find((one) => one.method === method.toLowerCase() && one.pattern.test(path));
    const variables = operation && operation.pattern.exec(path).groups;
    return operation && [operation, Object.fromEntries(Object.entries(variables ?? {}).map(([k, v]) => [k, decodeURIComponent(v)]))];
  };
}
