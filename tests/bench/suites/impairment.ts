/** What the agent gets over a bad network: 5 % of the packets lost, the rest up to 30 ms late. */
import { setTimeout as delay } from 'node:timers/promises';
import { Softphone } from '../../../softphone/softphone.ts';
import { BadNetwork } from '../bad-network.ts';
import { Caller, framesOf, longSpeechOf } from '../caller.ts';
import { single, summary } from '../result.ts';
import { onEachEngine } from '../stage.ts';
import type { Suite } from '../suite.ts';

const LOSS = 0.05;
const JITTER_MS = 30;
/** So long that more than fifty packets with speech in them are lost. */
const SECONDS = 55;

export const impairment: Suite = {
  name: 'impairment',
  onlyOnRequest: true,
  what: 'frames at the agent with 5 % loss and 30 ms jitter',
  run: (run, report) =>
    onEachEngine(run, async (stage, engines) => {
      const network = await BadNetwork.open(
        { loss: LOSS, jitterMs: JITTER_MS },
        await stage.bridge.phoneServer(),
      );
      const phone = await Softphone.create({
        server: network.server,
        user: 'agent002',
        password: 'any',
      });
      try {
        const caller = new Caller(SECONDS, longSpeechOf(SECONDS));
        run.say(`the caller speaks for ${Math.round(caller.durationMs / 1000)} s`);
        const { call, session } = await stage.call(
          { play: caller.samples, onPacketSent: caller.sent, record: false },
          phone,
        );
        await delay(caller.durationMs + 500);
        await call.hangup();
        await stage.idle();

        const of = { suite: 'impairment', engines };
        const { perSecond, longestGapMs, n } = caller.pace(session.times);
        const { correlation, snrDb, latencyMs } = caller.judge(framesOf(session));
        report(
          single(
            {
              ...of,
              name: 'frames to the agent',
              unit: '/s',
              bounds: [{ of: 'value', atLeast: 49.9, atMost: 50.1 }],
            },
            perSecond,
            n,
          ),
        );
        const lost = (100 * network.lost) / (network.lost + network.passed);
        report(single({ ...of, name: 'lost on the way', unit: '%' }, lost, network.passed));
        report(
          single({ ...of, name: 'longest pause between frames', unit: 'ms' }, longestGapMs, n),
        );
        const concealed = caller.judgeConcealment(framesOf(session), network.lostPackets);
        const { packets } = concealed;
        report(
          single(
            {
              ...of,
              name: 'lost packets: SNR (silence: 0)',
              unit: 'dB',
            },
            concealed.snrDb,
            packets,
          ),
        );
        report(
          single(
            {
              ...of,
              name: 'lost packets: spectrum, concealed',
              unit: 'dB off',
              bounds: [{ of: 'value', atMost: concealed.silenceDistanceDb }],
            },
            concealed.distanceDb,
            packets,
          ),
        );
        report(
          single(
            { ...of, name: 'lost packets: spectrum, silence', unit: 'dB off' },
            concealed.silenceDistanceDb,
            packets,
          ),
        );
        report(single({ ...of, name: 'correlation', unit: '' }, correlation));
        report(single({ ...of, name: 'SNR, concealment included', unit: 'dB' }, snrDb));
        report(summary({ ...of, name: 'caller → agent, jitter included', unit: 'ms' }, latencyMs));
      } finally {
        await phone.close();
        await network.close();
      }
    }),
};
