/** The key I cuts what the agent is saying in the newest call, wherever no text is being typed. */
import type { Bridge } from '../bridge/bridge.ts';

export const INTERRUPT_KEY = 'i';

export function listenForInterruptKey(bridge: Bridge): void {
  addEventListener('keydown', (event) => {
    const { key, repeat, ctrlKey, metaKey, altKey } = event;
    if (key.toLowerCase() !== INTERRUPT_KEY || repeat || ctrlKey || metaKey || altKey) return;
    if (event.composedPath().some(isTyping)) return;
    const call = bridge.calls.find(({ state }) => state === 'answered');
    if (call !== undefined) bridge.interrupt(call.id, 'page');
  });
}

function isTyping(target: EventTarget): boolean {
  if (!(target instanceof HTMLElement)) return false;
  return target.isContentEditable || ['INPUT', 'TEXTAREA', 'SELECT'].includes(target.tagName);
}
