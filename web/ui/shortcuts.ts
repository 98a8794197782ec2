/**
 * What single keys do, wherever no text is being typed. They can be switched off, for whoever speaks
 * to the computer or leans on the keyboard (WCAG 2.1.4,
 * https://www.w3.org/WAI/WCAG22/Understanding/character-key-shortcuts).
 */
import type { Bridge } from '../bridge/bridge.ts';
import type { Call } from '../bridge/call.ts';

/** What a shortcut may do to the page besides the bridge. */
export interface ShortcutTarget extends EventTarget {
  readonly bridge: Bridge | undefined;
  showShortcuts(): void;
  showLadder(call: Call): void;
  focusDial(): void;
  focusLog(): void;
}

export interface Shortcut {
  /** In lower case. */
  readonly key: string;
  readonly shift?: true;
  readonly name: string;
  readonly run: (page: ShortcutTarget, bridge: Bridge) => void;
}

/** The newest call that is up. */
function liveCall({ calls }: Bridge): Call | undefined {
  return calls.find(({ answeredAt, isLive }) => isLive && answeredAt !== undefined);
}

function withCall(run: (bridge: Bridge, call: Call) => void): Shortcut['run'] {
  return (_page, bridge) => {
    const call = liveCall(bridge);
    if (call !== undefined) run(bridge, call);
  };
}

export const SHORTCUTS: readonly Shortcut[] = [
  { key: '?', name: 'Show these shortcuts', run: (page) => page.showShortcuts() },
  { key: 's', name: 'Start answering calls', run: (_page, bridge) => bridge.start() },
  {
    key: 'i',
    name: 'Interrupt: cut what the agent is saying',
    run: withCall((bridge, { id }) => bridge.actions.interrupt(id, 'page')),
  },
  {
    key: 'h',
    name: 'Hold the call, or take it off hold',
    run: withCall((bridge, call) => bridge.actions.setHeld(call, !call.heldBy.includes('page'))),
  },
  {
    key: 'm',
    name: 'Mute the agent, or unmute it',
    run: withCall((bridge, call) => bridge.actions.setAgentMuted(call, !call.agentMuted)),
  },
  {
    key: 'l',
    name: 'SIP messages of the newest call',
    run: (page, { calls: [newest] }) => {
      if (newest !== undefined) page.showLadder(newest);
    },
  },
  { key: 'd', name: 'Dial: go to the field', run: (page) => page.focusDial() },
  { key: '/', name: 'Search the log', run: (page) => page.focusLog() },
  // With Shift, since there is no way back.
  {
    key: 'x',
    shift: true,
    name: 'Hang up the newest call',
    run: withCall((bridge, { id }) => bridge.actions.hangUp(id)),
  },
];

/** What the time axis itself listens to (axis/gestures.ts), where it has the focus. */
export const AXIS_KEYS: readonly { readonly keys: readonly string[]; readonly name: string }[] = [
  { keys: ['←', '→'], name: 'Move' },
  { keys: ['+', '−'], name: 'Zoom' },
  { keys: ['↑', '↓'], name: 'From mark to mark, and what each is' },
  { keys: ['0'], name: 'The whole call' },
  { keys: ['Home', 'End'], name: 'To its beginning; to its end, and follow it' },
];

const STORED = 'bridge.shortcuts';

export const shortcutsSwitch = {
  get isOn(): boolean {
    return localStorage.getItem(STORED) !== 'off';
  },
  set isOn(on: boolean) {
    localStorage.setItem(STORED, on ? 'on' : 'off');
  },
};

export function listenForShortcuts(page: ShortcutTarget): void {
  addEventListener('keydown', (event) => {
    const { repeat, ctrlKey, metaKey, altKey, defaultPrevented } = event;
    if (repeat || ctrlKey || metaKey || altKey || defaultPrevented || !shortcutsSwitch.isOn) return;
    const shortcut = shortcutOf(event);
    const { bridge } = page;
    if (shortcut === undefined || bridge === undefined) return;
    if (event.composedPath().some(takesKeys)) return;
    event.preventDefault();
    shortcut.run(page, bridge);
  });
}

export function shortcutOf(event: Pick<KeyboardEvent, 'key' | 'shiftKey'>): Shortcut | undefined {
  // CapsLock is no Shift, and where signs are on the keyboard is its own affair.
  const key = event.key.toLowerCase();
  const isLetter = /^[a-z]$/.test(key);
  return SHORTCUTS.find(
    (each) => each.key === key && (!isLetter || (each.shift ?? false) === event.shiftKey),
  );
}

/** Text is being typed there, or it has keys of its own while it is open. */
function takesKeys(target: EventTarget): boolean {
  if (!(target instanceof HTMLElement)) return false;
  if (target instanceof HTMLDialogElement) return target.open;
  return target.isContentEditable || ['INPUT', 'TEXTAREA', 'SELECT'].includes(target.tagName);
}
