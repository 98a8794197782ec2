/** The section `sip`: where phones are served, how they log in, what media and which limits calls have. */
import { z } from 'zod';
import { CAPTURE_MODES } from '../../common/api.ts';
import { CODEC_NAMES } from '../../signaling/sdp.ts';
import { host, port, seconds, secret, section } from './kinds.ts';

export const sip = section({
  server: section({
    host: host.default('127.0.0.1').describe('Address SIP and RTP of the phones are served on.'),
    port: port.default(5060).describe('SIP over UDP and TCP; 0 takes any free port.'),
    transport: z
      .enum(['both', 'udp', 'tcp'])
      .default('both')
      .describe('What phones may come by, beside TLS.'),
    tls: section({
      enabled: z
        .boolean()
        .optional()
        .describe('SIP over TLS for phones that want it; left out: where http.lan is.'),
      port: port.default(5061).describe('Its port.'),
    }),
  }),
  auth: section({
    enabled: z
      .boolean()
      .optional()
      .describe('Whether phones must give a password; left out: where http.lan is.'),
    realm: z.string().min(1).default('bridge').describe('Realm of the digest challenge.'),
    users: z.record(z.string(), secret).default({}).describe('user: password, as many as needed.'),
    algorithms: z
      .array(z.enum(['SHA-256', 'MD5']))
      .min(1)
      .default(['MD5'])
      .describe('Digest offered to phones, the best first; with SHA-256, some know no way in.'),
    nonce_lifetime: z.int().min(1).default(300).describe('Seconds a challenge is good for.'),
  }),
  registrar: section({
    min_expires: seconds.default(10).describe('Seconds; who asks for less is told so (423).'),
    default_expires: seconds.default(300).describe('Granted to who asks for none.'),
    max_expires: seconds.default(3600).describe('The most that is granted.'),
    file: z
      .string()
      .min(1)
      .default('.bridge/registrations.json')
      .describe('Keeps registrations over a restart of the bridge; none keeps nothing.'),
    options_interval: z
      .int()
      .min(0)
      .max(86_400)
      .default(30)
      .describe('Seconds between two OPTIONS that ask a phone whether it is there; 0 asks none.'),
  }),
  codecs: z
    .array(z.enum(CODEC_NAMES))
    .min(1)
    .optional()
    .describe('PCMU, PCMA, G722, opus by preference; left out: PCMU, PCMA in the phone’s order.'),
  rtp: section({
    port_range_start: port.min(1).default(30000).describe('First UDP port of the phones’ RTP.'),
    port_range_end: port.default(30199).describe('Last one; each call takes two.'),
    webrtc_port: port
      .min(1)
      .optional()
      .describe('One UDP port for all pages; left out: each call takes two more of the range.'),
    other_host: host
      .optional()
      .describe('Address of the other family (IPv6 beside IPv4) for phones that have only that.'),
    advertised: section({
      phone: host.optional().describe('Address phones are told in place of the host.'),
      page: host.optional().describe('Address pages are told in place of the host.'),
    }),
    dtmf_payload_type: z
      .int()
      .min(96)
      .max(127)
      .default(101)
      .describe('Understood for other servers’ files; each call settles it itself (RFC 4733).'),
    inactivity: z
      .number()
      .min(0)
      .default(0)
      .describe(
        'Seconds without RTP from the phone after which a call is ended; 0 never ends one.',
      ),
  }),
  calls: section({
    per_page: z
      .int()
      .min(1)
      .max(100)
      .default(4)
      .describe('Calls a page takes at a time; beyond: 486.'),
    reach: z
      .array(host)
      .default([])
      .describe('Hosts, or host:port, that pages may dial besides registered phones.'),
  }),
  on_page_lost: z
    .enum(['bye', 'notice'])
    .default('bye')
    .describe(
      'A page is closed or crashes in a call: hang up at once, or say so to the phone first.',
    ),
  audio: section({
    capture: z
      .enum(CAPTURE_MODES)
      .default('auto')
      .describe('How the page takes the caller’s voice out of the connection.'),
    sample_rate: z
      .literal([8000, 16000])
      .default(8000)
      .describe('16000 prefers wideband (opus, G722) where sip.codecs does not choose.'),
  }),
  timeouts: section({
    registration: seconds.optional().describe('Instead of sip.registrar.default_expires.'),
    session: z
      .int()
      .min(90)
      .max(86_400)
      .default(1800)
      .describe('Seconds in which a phone that is called refreshes its session (RFC 4028).'),
    rtp_inactivity: z.number().min(0).optional().describe('Instead of sip.rtp.inactivity.'),
    no_answer: z
      .number()
      .min(1)
      .max(300)
      .default(60)
      .describe('Seconds something rings before the caller is told that nobody answers.'),
    ring: z
      .number()
      .min(0)
      .max(99)
      .default(0)
      .describe('Seconds the page lets a call ring before it answers.'),
  }),
});
