import { describe, expect, it } from 'vitest';
import {
  contentTypeOf,
  localised,
  ownContact,
  ownedContact,
  wireName,
} from '../../../signaling/drachtio/app-headers.ts';
import { parseCommand, type AppMessage } from '../../../signaling/drachtio/command.ts';
import type { Flow, Protocol } from '../../../signaling/sip/transport.ts';

const read = (text: string) => parseCommand(Buffer.from(text.replaceAll('\n', '\r\n')));

function message(text: string): AppMessage {
  const command = read(`id|sip|t|\n${text}`);
  if (command.type !== 'response') throw new Error(command.type);
  return command.message;
}

function flow(protocol: Protocol): Flow {
  return {
    protocol,
    remote: { address: '10.0.0.2', port: 4000 },
    local: { address: '10.0.0.1', port: 5060 },
    closed: false,
    send: () => undefined,
    onClose: () => () => undefined,
  };
}

describe('commands', () => {
  it('reads a proxy command: times with their unit, destinations, headers', () => {
    expect(
      read(
        'i|proxy|t|remainInDialog|fullResponse|followRedirects|simultaneous|2s|1500ms|sip:a|sip:b\nINVITE sip:a SIP/2.0\nX-P: yes\n\n',
      ),
    ).toMatchObject({
      type: 'proxy',
      transactionId: 't',
      stay: true,
      fullResponse: true,
      followRedirects: true,
      simultaneous: true,
      provisionalMs: 2000,
      finalMs: 1500,
      destinations: ['sip:a', 'sip:b'],
    });
    expect(read('i|proxy|t||||serial|||sip:a\nINVITE sip:a SIP/2.0\n\n')).toMatchObject({
      stay: false,
      simultaneous: false,
      provisionalMs: undefined,
      finalMs: undefined,
    });
  });

  it.each([
    ['i|authenticate|s|a,b', { type: 'authenticate', id: 'i', secret: 's' }],
    ['i|authenticate|s', { type: 'authenticate', id: 'i', secret: 's' }],
    ['i|ping', { type: 'ping', id: 'i' }],
    ['i|route|INVITE', { type: 'route', id: 'i', verb: 'invite' }],
    ['i|proxy|t|||x', { type: 'invalid', id: 'i', reason: 'Invalid message format' }],
    ['nonsense', { type: 'invalid', id: '', reason: 'Invalid message format' }],
    ['i|nonsense', { type: 'invalid', id: 'i', reason: 'Unknown message type' }],
    ['i|sip||', { type: 'invalid', id: 'i', reason: 'Invalid message format' }],
  ])('%s', (text, command) => expect(read(text)).toEqual(command));

  it('tells the four sip forms apart', () => {
    const request = 'INFO sip:a@b SIP/2.0\n\n';
    expect(read(`i|sip||\n${request}`)).toMatchObject({ type: 'request', proxy: '' });
    expect(read(`i|sip|||sip:p\n${request}`)).toMatchObject({ type: 'request', proxy: 'sip:p' });
    expect(read(`i|sip||c;from-tag=1\n${request}`)).toMatchObject({
      type: 'in-dialog',
      dialogId: 'c;from-tag=1',
    });
    expect(read(`i|sip|t|\nCANCEL sip:a@b SIP/2.0\n\n`)).toMatchObject({
      type: 'cancel',
      transactionId: 't',
    });
    expect(read('i|sip|t|\nSIP/2.0 200 OK\n\n')).toMatchObject({ type: 'response' });
  });

  it('takes the body to the end of the frame, whatever Content-Length says', () => {
    const { body, headers } = message('SIP/2.0 200 OK\nX-A: 1\nContent-Length: 1\n\nall\n\nof it');
    expect(body.toString()).toBe('all\r\n\r\nof it');
    expect(headers.map(({ key }) => key)).toEqual(['x-a']);
  });

  it('skips lines that are no header, server headers, and unfolds', () => {
    const { headers } = message(
      'SIP/2.0 200 OK\nno colon\nbad name: x\nVia: x\nRoute: x\nRSeq: 1\nRecord-Route: x\nX-A: one\n two\n\n',
    );
    expect(headers.map(({ key, value }) => [key, value])).toEqual([['x-a', 'one two']]);
  });
});

describe('headers of an application', () => {
  it.each([
    ['user-agent', 'User-Agent'],
    ['x-mine', 'x-mine'],
    ['X-MiNe', 'X-MiNe'],
    ['www-authenticate', 'WWW-Authenticate'],
    ['rack', 'RAck'],
    ['foo', 'Foo'],
    ['k', 'Supported'],
  ])('%s goes out as %s', (name, wire) => {
    const field = message(`SIP/2.0 200 OK\n${name}: v\n\n`).headers[0];
    expect(field && wireName(field)).toBe(wire);
  });

  it('localhost becomes the address in use, only where addresses stand', () => {
    const udp = flow('udp');
    expect(localised('from', '"A B" <sip:a@localhost:1234;x=y>;tag=1', udp)).toBe(
      '"A B" <sip:a@10.0.0.1:5060;x=y>;tag=1',
    );
    expect(localised('from', 'sip:localhost', udp)).toBe('<sip:10.0.0.1:5060>');
    expect(localised('contact', 'sip:a@localhost, <sip:b@far>;q=1', flow('ws'))).toBe(
      '<sip:a@10.0.0.1:5060;transport=ws>, <sip:b@far>;q=1',
    );
    expect(localised('x-other', 'sip:a@localhost', udp)).toBe('sip:a@localhost');
    expect(localised('from', '<sip:localhost@elsewhere>', udp)).toBe('<sip:localhost@elsewhere>');
  });

  it('a Contact address that is not ours is replaced, a name is not', () => {
    expect(ownedContact('<sip:a@192.168.1.1>', flow('tcp'))).toBe(
      '<sip:a@10.0.0.1:5060;transport=tcp>',
    );
    expect(ownedContact('<sip:a@10.0.0.1>', flow('udp'))).toBe('<sip:a@10.0.0.1>');
    expect(ownedContact('<sip:a@pbx.example>', flow('udp'))).toBe('<sip:a@pbx.example>');
    expect(ownContact(flow('ws'), 'me')).toBe('<sip:me@10.0.0.1:5060;transport=ws>');
  });

  it('SDP is recognised, other bodies need a type', () => {
    expect(contentTypeOf(message('SIP/2.0 200 OK\n\nv=0\n'))).toBe('application/sdp');
    expect(contentTypeOf(message('SIP/2.0 200 OK\n\nhello'))).toBeUndefined();
    expect(contentTypeOf(message('SIP/2.0 200 OK\nc: text/plain\n\nhello'))).toBe('text/plain');
  });
});
