/** Shows the process, and asks for news each second while the page can be seen. */

import { ask, NoToken, rememberToken } from './client.js';
import { showDeadLetters } from './dead-letters.js';
import { byId, element, replaceIfNew, setText } from './dom.js';
import { createProducer, stateOf } from './producer.js';
import { routesGraph } from './routes.js';
import { Samples } from './samples.js';
import { counted, duration, number, time } from './units.js';

const INTERVAL_MS = 1000;

const cards = new Map();
const states = new Map();
const samples = new Samples();
let lastAnswer = Date.now();
/** Number of dead letters when the list was asked for. */
let listed = -1;

function showProducers(producers) {
  for (const [name, stats] of Object.entries(producers)) {
    if (!cards.has(name)) {
      cards.set(name, createProducer(name, stats.kind));
      byId('producers').append(cards.get(name).card);
    }
    cards.get(name).update(stats);
    announce(name, stateOf(stats)[0]);
  }
}

/** Tells a screen reader of changes of state only, and not of every figure. */
function announce(name, state) {
  if (states.has(name) && states.get(name) !== state) setText(byId('changes'), `producer ${name}: ${state}`);
  states.set(name, state);
}

function showProcess({ version, pid, startedAt, at }) {
  setText(byId('process'), `${version} · process ${pid} · up ${duration(at - Date.parse(startedAt))}`);
}

function showReadiness({ ready, reasons }) {
  const badge = byId('readiness');
  setText(badge, ready ? 'ready' : 'not ready');
  badge.className = `badge ${ready ? 'good' : 'bad'}`;
  badge.title = reasons.join('\n');
}

function showRoutes({ routes, producers, unmatched }) {
  byId('routes-section').hidden = routes.length === 0;
  replaceIfNew(byId('routes'), JSON.stringify([routes, unmatched]), () => [
    routesGraph(routes, Object.keys(producers), unmatched),
    ...(unmatched > 0 ? [element('p', { class: 'faint' }, `${counted(unmatched, 'message')} matched no route`)] : []),
  ]);
}

function showSources(sources) {
  byId('sources-section').hidden = Object.keys(sources).length === 0;
  replaceIfNew(byId('sources'), JSON.stringify(sources), () =>
    Object.entries(sources).map(([name, source]) =>
      element('li', {}, element('b', {}, name), ` ${sourceText(source)}`),
    ),
  );
}

function sourceText({ type, read, accepted, bad, outcomes }) {
  const ended = Object.entries(outcomes).map(([outcome, count]) => `${number(count)} ${outcome}`);
  return [type, `${number(read)} read`, `${number(accepted)} accepted`, `${number(bad)} bad`, ...ended].join(' · ');
}

function showErrors(errors) {
  const none = () => [element('li', { class: 'faint' }, 'none since this process began')];
  replaceIfNew(byId('errors'), JSON.stringify(errors), () => (errors.length === 0 ? none() : errors.map(errorRow)));
}

function errorRow({ producer, message, since, until }) {
  const when = time(since) === time(until) ? time(since) : `${time(since)} to ${time(until)}`;
  return element('li', {}, element('b', {}, producer), ` ${message} `, element('span', { class: 'faint' }, when));
}

async function update() {
  const [status, ready, news] = await Promise.all([ask('status'), ask('ready'), ask(`history?since=${samples.last}`)]);
  lastAnswer = Date.now();
  byId('login').hidden = true;
  byId('content').hidden = false;
  showProcess(status);
  showReadiness(ready);
  showProducers(status.producers);
  showRoutes(status);
  showSources(status.sources);
  showErrors(status.errors);
  samples.add(news);
  await showNewDeadLetters(status.producers);
  for (const [name, { plot }] of cards) if (samples.of(name)) plot(samples.times, samples.of(name));
}

/** Asks for the list only when there are more, because the endpoint reads files for it. */
async function showNewDeadLetters(producers) {
  const count = Object.values(producers).reduce((sum, { deadLettered }) => sum + deadLettered, 0);
  if (count === listed) return;
  await showDeadLetters();
  listed = count;
}

function showTrouble(error) {
  byId('login').hidden = !(error instanceof NoToken);
  if (error instanceof NoToken) byId('content').hidden = true;
  const isRefused = error instanceof NoToken && sessionStorage.length > 0;
  const isAway = error !== undefined && !(error instanceof NoToken);
  byId('trouble').hidden = !isAway && !isRefused;
  byId('trouble').className = 'bad';
  if (isRefused) setText(byId('trouble'), 'This token is not the right one.');
  else if (isAway) setText(byId('trouble'), `The process has not answered since ${time(lastAnswer)}: ${error.message}`);
}

/** Whether a round is under way. A slow answer must not be overtaken by the next one. */
let isAsking = false;

async function round() {
  if (isAsking || document.hidden) return;
  isAsking = true;
  try {
    await update();
    showTrouble(undefined);
  } catch (error) {
    showTrouble(error);
  } finally {
    isAsking = false;
  }
}

byId('login').addEventListener('submit', (event) => {
  event.preventDefault();
  rememberToken(byId('token').value);
  byId('token').value = '';
  round();
});
byId('find').addEventListener('submit', (event) => {
  event.preventDefault();
  showDeadLetters().catch(showTrouble);
});
document.addEventListener('visibilitychange', round);
setInterval(round, INTERVAL_MS);
round();
