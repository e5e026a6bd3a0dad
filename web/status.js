// What the page knows and says of Vela's health. Law: pure; clock and memory are arguments.

export const EVERY_MS = 15_000;
const SLOWEST_MS = 120_000;

const VERDICTS = {
  healthy: 'Vela is healthy',
  unhealthy: 'Vela is not healthy',
  unreachable: 'Vela does not answer',
  offline: 'You are offline',
};

const SINCE = {
  healthy: (when) => `No check from this browser has failed since ${when}.`,
  unhealthy: (when) => `It has said so since ${when}.`,
  unreachable: (when) => `No answer has come since ${when}.`,
  offline: () => 'The page asks again as soon as you are back.',
};

/** Read what an earlier visit left behind; rubbish is no memory. */
export function recall(text) {
  try {
    const memory = JSON.parse(text);
    const sound = Object.hasOwn(VERDICTS, memory?.state) && Number.isFinite(memory.since);
    return sound ? { state: memory.state, since: memory.since, failures: 0 } : null;
  } catch {
    return null;
  }
}

/** Tell what an answer means: `status` and `body` of the response, or null when none came. */
export function judge(answer, online) {
  if (answer === null) {
    return online ? 'unreachable' : 'offline';
  }
  return answer.status === 200 && answer.body?.status === 'ok' ? 'healthy' : 'unhealthy';
}

/** Take a new state in; `since` moves only when the state changes. */
export function remember(memory, state, now) {
  const same = memory?.state === state;
  return {
    state,
    since: same ? Math.min(memory.since, now) : now,
    failures: state === 'healthy' ? 0 : (memory?.failures ?? 0) + 1,
  };
}

/** Milliseconds until the next question: rarer the longer Vela is not well. */
export function pause(memory) {
  return Math.min(SLOWEST_MS, EVERY_MS * 2 ** Math.max(0, memory.failures - 1));
}

export function verdict(memory) {
  return VERDICTS[memory.state];
}

export function since(memory, format) {
  return SINCE[memory.state](format(memory.since));
}
