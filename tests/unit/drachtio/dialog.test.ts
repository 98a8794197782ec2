import { Socket } from 'node:net';
import { describe, expect, it } from 'vitest';
import { App } from '../../../signaling/drachtio/admin-server.ts';
import { Dialog, dialogIdOf, Dialogs } from '../../../signaling/drachtio/dialog.ts';
import { parseMessage, type SipRequest, type SipResponse } from '../../../signaling/sip/message.ts';
import type { Flow, Protocol } from '../../../signaling/sip/transport.ts';

const app = new App(new Socket());

function flow(protocol: Protocol, address = '192.0.2.7', port = 5060): Flow {
  return {
    protocol,
    remote: { address, port },
    local: { address: '192.0.2.1', port: 5060 },
    closed: false,
    send: () => undefined,
    onClose: () => () => undefined,
  };
}

const parse = (lines: readonly string[]) =>
  parseMessage(Buffer.from(`${lines.join('\r\n')}\r\n\r\n`));

function request(method: string, extra: readonly string[] = [], from = '1', to = ''): SipRequest {
  return parse([
    `${method} sip:app@192.0.2.1 SIP/2.0`,
    'Via: SIP/2.0/UDP h;branch=z9hG4bK1',
    `From: "A" <sip:a@h>;tag=${from}`,
    `To: <sip:app@h>${to === '' ? '' : `;tag=${to}`}`,
    'Call-ID: c',
    `CSeq: 7 ${method}`,
    ...extra,
  ]) as SipRequest;
}

function response(status: number, toTag: string, extra: readonly string[] = []): SipResponse {
  return parse([
    `SIP/2.0 ${status} X`,
    'From: <sip:me@h>;tag=mine',
    `To: <sip:b@h>;tag=${toTag}`,
    'Call-ID: c',
    ...extra,
  ]) as SipResponse;
}

const uas = (
  extra: readonly string[] = ['Contact: <sip:a@192.0.2.7:5060>'],
  way = flow('udp'),
): Dialog =>
  new Dialog({ role: 'uas', request: request('INVITE', extra), localTag: 'L', flow: way, app });
const uac = (): Dialog =>
  new Dialog({
    role: 'uac',
    request: request('INVITE', [], 'mine'),
    localTag: 'mine',
    flow: flow('udp'),
    app,
  });

describe('a dialog that was called', () => {
  it('turns From and To round and starts its own CSeq', () => {
    const dialog = uas();
    expect(dialog.id).toBe('c;from-tag=1');
    const bye = dialog.request('BYE', dialog.nextCSeq());
    expect(bye.uri).toBe('sip:a@192.0.2.7:5060');
    expect(bye.headers.get('from')).toBe('<sip:app@h>;tag=L');
    expect(bye.headers.get('to')).toBe('"A" <sip:a@h>;tag=1');
    expect(bye.headers.get('cseq')).toBe('2 BYE');
    expect(dialog.nextCSeq()).toBe(3);
  });

  it('routes loosely in the order of Record-Route', () => {
    const info = uas(['Contact: <sip:a@far>', 'Record-Route: <sip:p1;lr>, <sip:p2;lr>']).request(
      'INFO',
      2,
    );
    expect(info.uri).toBe('sip:a@far');
    expect(info.headers.all('route')).toEqual(['<sip:p1;lr>', '<sip:p2;lr>']);
  });

  it('gives a strict router its own URI and the target as last route', () => {
    const info = uas(['Contact: <sip:a@far>', 'Record-Route: <sip:p1>, <sip:p2;lr>']).request(
      'INFO',
      2,
    );
    expect(info.uri).toBe('sip:p1');
    expect(info.headers.all('route')).toEqual(['<sip:p2;lr>', '<sip:a@far>']);
  });

  it.each([
    ['another host', 'Contact: <sip:a@10.0.0.9>', 'udp', true],
    ['another port', 'Contact: <sip:a@192.0.2.7:7777>', 'udp', true],
    ['no port', 'Contact: <sip:a@192.0.2.7>', 'udp', false],
    ['the same', 'Contact: <sip:a@192.0.2.7:5060>', 'udp', false],
    ['a name', 'Contact: <sip:a@phone.invalid>', 'udp', true],
    ['another host over TCP', 'Contact: <sip:a@10.0.0.9>', 'tcp', false],
    [
      'another host behind a proxy',
      'Contact: <sip:a@10.0.0.9>\r\nRecord-Route: <sip:p;lr>',
      'udp',
      false,
    ],
  ] as const)('Contact with %s', (_what, contact, protocol, behindNat) => {
    expect(uas([contact], flow(protocol)).source !== undefined).toBe(behindNat);
  });

  it('follows the peer to a new target and a new NAT binding', () => {
    const dialog = uas(['Contact: <sip:a@10.0.0.9>']);
    const moved = flow('udp', '192.0.2.8', 6000);
    dialog.refresh(request('INVITE', ['Contact: <sip:a2@10.0.0.9>']), moved);
    expect(dialog.remoteTarget).toBe('sip:a2@10.0.0.9');
    expect(dialog.source).toBe(moved);
  });
});

describe('a dialog that called', () => {
  it('is early with the first tag and confirmed by a 2xx, of whichever branch', () => {
    const dialog = uac();
    expect(dialog.remoteTag).toBe('');
    dialog.learn(response(180, 'x', ['Contact: <sip:x@h>']), flow('udp'));
    expect([dialog.state, dialog.remoteTag, dialog.remoteTarget]).toEqual([
      'early',
      'x',
      'sip:x@h',
    ]);
    dialog.learn(
      response(200, 'y', ['Contact: <sip:y@h>', 'Record-Route: <sip:p1;lr>, <sip:p2;lr>']),
      flow('udp'),
    );
    expect([dialog.state, dialog.remoteTag, dialog.remoteTarget]).toEqual([
      'confirmed',
      'y',
      'sip:y@h',
    ]);
    expect(dialog.routeSet).toEqual(['<sip:p2;lr>', '<sip:p1;lr>']);
    dialog.learn(response(200, 'z', ['Contact: <sip:z@h>']), flow('udp'));
    expect(dialog.remoteTag).toBe('y');
    expect(dialog.nextCSeq()).toBe(8);
  });
});

describe('Dialogs', () => {
  it('finds a dialog for requests of either side, by both tags', () => {
    const dialogs = new Dialogs();
    const called = uas();
    dialogs.add(called);
    expect(dialogs.of(request('BYE', [], '1', 'L'))).toBe(called);
    expect(dialogs.of(request('BYE', [], '1', 'other'))).toBeUndefined();
    expect(dialogs.of(request('BYE', [], 'other', 'L'))).toBeUndefined();
    const calling = uac();
    dialogs.add(calling);
    // A NOTIFY may come before the response that shows the tag. RFC 6665 §4.4.1.
    expect(dialogs.of(request('NOTIFY', [], 'new', 'mine'))).toBe(calling);
    calling.adopt(request('NOTIFY', [], 'new', 'mine'));
    expect(dialogs.of(request('NOTIFY', [], 'another', 'mine'))).toBeUndefined();
    expect(dialogs.of(request('BYE', [], 'new', 'mine'))).toBe(calling);
  });

  it('forgets what is removed and releases its timers', () => {
    const dialogs = new Dialogs();
    const dialog = uas();
    const stopped: string[] = [];
    dialogs.add(dialog);
    dialog.unacknowledged.set(7, { transactionId: 't', stop: () => stopped.push('2xx') });
    dialog.afterAck.push(() => stopped.push('held'));
    dialogs.remove(dialog);
    expect(stopped).toEqual(['2xx', 'held']);
    expect(dialogs.get(dialogIdOf('c', '1'))).toBeUndefined();
    expect(dialogs.size).toBe(0);
  });
});
