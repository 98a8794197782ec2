import { describe, expect, it } from 'vitest';
import { BridgeError } from '../../../common/errors.ts';
import { parseDialOptions, USAGE } from '../../../softphone/cli-options.ts';

describe('command line of dial', () => {
  it('needs only an extension', () => {
    expect(parseDialOptions(['--to', '1000'])).toEqual({
      to: '1000',
      play: undefined,
      record: undefined,
      seconds: undefined,
      server: { host: '127.0.0.1', port: 5060 },
      transport: 'udp',
      user: 'agent001',
      password: undefined,
      codecs: ['pcmu'],
      register: true,
      json: false,
    });
  });

  it('takes every flag', () => {
    const line =
      '--to 1001 --play a.wav --record b.wav --seconds 2.5 --server example.net:5070 --transport TCP ' +
      '--user bob --password x --codec both --no-register --json';
    expect(parseDialOptions(line.split(' '))).toEqual({
      to: '1001',
      play: 'a.wav',
      record: 'b.wav',
      seconds: 2.5,
      server: { host: 'example.net', port: 5070 },
      transport: 'tcp',
      user: 'bob',
      password: 'x',
      codecs: ['pcma', 'pcmu'],
      register: false,
      json: true,
    });
  });

  it('takes a server without a port', () => {
    expect(parseDialOptions(['--to', '1', '--server', '192.0.2.7'])).toMatchObject({
      server: { host: '192.0.2.7', port: 5060 },
    });
  });

  it('shows its help, and every flag is in it', () => {
    expect(parseDialOptions(['--help'])).toBe('help');
    expect(parseDialOptions(['-h', '--to', '1'])).toBe('help');
    for (const flag of 'to play record seconds server transport user password codec no-register json'.split(
      ' ',
    )) {
      expect(USAGE).toContain(`--${flag}`);
    }
  });

  it.each([
    [[], '--to is missing'],
    [['--to', ''], '--to is missing'],
    [['--to'], '--to'],
    [['1000'], "'1000'"],
    [['--to', '1', '--colour', 'red'], "'--colour'"],
    [['--to', '1', '--seconds', 'soon'], '"soon"'],
    [['--to', '1', '--seconds', '0'], '--seconds'],
    [['--to', '1', '--seconds', ''], '--seconds'],
    [['--to', '1', '--server', 'a:b'], '--server'],
    [['--to', '1', '--server', 'a:0'], '--server'],
    [['--to', '1', '--server', 'sip:a@b'], '--server'],
    [['--to', '1', '--transport', 'tls'], 'udp or tcp'],
    [['--to', '1', '--codec', 'opus'], 'pcmu or pcma or both'],
    [['--to', '1', '--user', 'a b'], '--user'],
    [['--to', '1', '--user', 'a@b'], '--user'],
  ])('refuses %j', (argv, message) => {
    let thrown: unknown;
    try {
      parseDialOptions(argv);
    } catch (error) {
      thrown = error;
    }
    expect(thrown).toBeInstanceOf(BridgeError);
    expect(thrown).toMatchObject({ code: 'BAD_FLAG' });
    expect(String(thrown)).toContain(message);
  });
});
