// A Setting's time-outs and retries, as the sender of webhooks takes them. Connecting is not told from waiting.
const DEFAULTS = { readTimeoutMs: 5000 };

export function connectionOf({ connection }) {
  const { readTimeoutMs, retryPolicy } = connection ?? DEFAULTS;
  return {
    timeoutMs: readTimeoutMs,
    retryCount: retryPolicy?.retryCount ?? 0,
    isRetried: (outcome) => conditions(outcome).some((condition) => retryPolicy?.retryOn.includes(condition)),
  };
}

function conditions({ status, timedOut }) {
  if (timedOut) return ['READ_TIMEOUT', 'ALL'];
  if (status === null) return ['CONNECTION_TIMEOUT', 'ALL'];
  if (status >= 500) return ['HTTP_5XX', 'ALL'];
  return status >= 400 ? ['HTTP_4XX', 'ALL'] : [];
}
