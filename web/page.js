// Asks Vela how it is, and shows it. Law: moves values between network, memory and page; status.js decides.

import { judge, pause, recall, remember, since, verdict } from '/status.js';

const KEY = 'vela.health';
const PATIENCE_MS = 10_000;

const element = (id) => document.getElementById(id);
const moment = new Intl.DateTimeFormat(undefined, { dateStyle: 'medium', timeStyle: 'medium' });
const format = (time) => moment.format(new Date(time));

let memory = null;
let timer = null;
let asking = false;

async function ask() {
  try {
    const response = await fetch('/api/health', {
      cache: 'no-store',
      credentials: 'omit',
      headers: { accept: 'application/json' },
      signal: AbortSignal.timeout(PATIENCE_MS),
    });
    const body = await response.json().catch(() => null);
    return { status: response.status, body };
  } catch {
    return null;
  }
}

function write(id, text) {
  // The same words again would be read aloud again.
  if (element(id).textContent !== text) {
    element(id).textContent = text;
  }
}

function show(now) {
  element('card').dataset.state = memory.state;
  write('verdict', verdict(memory));
  write('since', since(memory, format));
  write('checked', format(now));
}

function keep() {
  try {
    localStorage.setItem(KEY, JSON.stringify(memory));
  } catch {
    // Storage is refused or full: the page only forgets sooner.
  }
}

async function look() {
  if (asking) {
    return;
  }
  asking = true;
  clearTimeout(timer);
  const answer = await ask();
  const now = Date.now();
  memory = remember(memory, judge(answer, navigator.onLine), now);
  asking = false;
  show(now);
  keep();
  if (!document.hidden) {
    timer = setTimeout(look, pause(memory));
  }
}

function attend() {
  clearTimeout(timer);
  if (!document.hidden) {
    look();
  }
}

try {
  memory = recall(localStorage.getItem(KEY));
} catch {
  memory = null;
}
document.addEventListener('visibilitychange', attend);
window.addEventListener('online', attend);
window.addEventListener('offline', attend);
element('again').addEventListener('click', attend);
attend();
