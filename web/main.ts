/**
 * Starts the page: one Bridge, rendered by <bridge-app>, exposed to the devtools as `bridge`.
 * `?start` answers calls at once, without a click: nothing here needs a gesture.
 */
import { Bridge } from './bridge/bridge.ts';
import { logToConsole, topicsOf } from './debug/console-log.ts';
import { exposeDevtools } from './debug/devtools.ts';
import { showTimings } from './debug/follow-timing.ts';
import './ui/bridge-app.ts';
import { listenForShortcuts } from './ui/shortcuts.ts';

const bridge = new Bridge();
exposeDevtools(bridge);
showTimings(bridge);
const topics = topicsOf(location.search);
logToConsole(bridge.happenings, topics, console);
import('./phone/sip-debug.ts').then(
  ({ debugSip }) => debugSip(topics.get('sip') === 'debug'),
  // Without JsSIP there is nothing to be told of.
  () => undefined,
);
const app = document.querySelector('bridge-app');
if (app !== null) {
  app.bridge = bridge;
  listenForShortcuts(app);
}

addEventListener('pagehide', () => bridge.close());
// A page that comes back from the back-forward cache has no socket any more.
addEventListener('pageshow', ({ persisted }) => {
  if (persisted) location.reload();
});

await bridge.open();
if (new URLSearchParams(location.search).has('start')) bridge.start();
