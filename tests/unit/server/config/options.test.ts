/** A configuration in the shape that other SIP servers have, down to what the bridge is run with. */
import { expect, it } from 'vitest';
import { configSchema } from '../../../../server/config/schema.ts';
import { optionsOf } from '../../../../server/options.ts';

it('takes a SIP section as it is written elsewhere', () => {
  const config = configSchema.parse({
    sip: {
      server: { host: '127.0.0.1', port: 5070, transport: 'udp' },
      auth: { enabled: true, realm: 'lab', users: { agent001: 'secret' } },
      codecs: ['PCMA', 'PCMU'],
      rtp: { port_range_start: 40000, port_range_end: 40099, dtmf_payload_type: 101 },
      audio: { sample_rate: 8000 },
      timeouts: { registration: 600, session: 900, rtp_inactivity: 30 },
    },
  });
  expect(optionsOf(config)).toMatchObject({
    sip: { host: '127.0.0.1', port: 5070 },
    sipTransports: ['udp'],
    auth: { realm: 'lab', users: new Map([['agent001', 'secret']]) },
    codecs: ['PCMA', 'PCMU'],
    rtpPorts: { min: 40000, max: 40099 },
    expiry: { default: 600 },
    calls: { sessionSeconds: 900 },
    rtpInactivityMs: 30_000,
  });
});

it('prefers wideband at 16 kHz, where no codecs are named', () => {
  const codecs = (sip: object) => optionsOf(configSchema.parse({ sip })).codecs;
  expect(codecs({ audio: { sample_rate: 16000 } })).toEqual(['opus', 'G722', 'PCMU', 'PCMA']);
  expect(codecs({ audio: { sample_rate: 16000 }, codecs: ['PCMU'] })).toEqual(['PCMU']);
  expect(codecs({})).toBeUndefined();
});
