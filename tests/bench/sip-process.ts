/**
 * The embedded drachtio server with a drachtio-srf application on it, alone in its process: takes
 * every registration, answers calls itself, and passes those to `b2b-PORT` on to that port.
 */
import { testDrachtio } from '../support/drachtio.ts';
import { SDP } from './sip-load.ts';

// Every finished transaction is remembered for 32 s; a bench ends more than a server does.
const drachtio = await testDrachtio({ limits: { transactions: 1_000_000 } });
await drachtio.app((srf) => {
  srf.register((req, res) => {
    res.send(200, { headers: { Contact: req.get('Contact') ?? '', Expires: '300' } });
  });
  srf.invite((req, res) => {
    const port = /^sip:b2b-(\d+)@/.exec(req.uri)?.[1];
    if (port === undefined) {
      // Its BYE is answered by the dialog; a call that fails shows at the caller.
      srf.createUAS(req, res, { localSdp: SDP }).catch(() => undefined);
      return;
    }
    srf
      .createB2BUA(req, res, `sip:callee@127.0.0.1:${port}`, { localSdpB: req.body })
      .then(({ uas, uac }) => {
        uas.on('destroy', () => void uac.destroy());
        uac.on('destroy', () => void uas.destroy());
      })
      .catch(() => undefined);
  });
});
process.once('disconnect', () => void drachtio.close().then(() => process.exit(0)));
process.send?.({ port: drachtio.sip('udp').port });
