/**
 * SIPp, a SIP stack that is not ours, through the whole of the bridge's signaling. The scenarios
 * check status, headers and session descriptions of every answer themselves; here stands what the
 * bridge and the page make of it.
 */
import { afterEach, describe, expect, it } from 'vitest';
import { missing, SIPP } from '../../setup/programs.ts';
import { embeddedOnly } from '../../support/drachtio.ts';
import { Stage } from './stage.ts';

const reason = missing(SIPP);

let stage: Stage;
afterEach(async () => {
  await expect.poll(() => stage.signaling.calls).toEqual([]);
  await stage.close();
});

describe.skipIf(reason !== undefined)(
  `RFC 3261, 3264, 3515, 4028 and 6086, with SIPp${reason === undefined ? '' : ` (${reason})`}`,
  () => {
    it('RFC 3261 §10 and §22: registers with digest, and removes itself', async () => {
      stage = await Stage.start({
        auth: { realm: 'bridge', users: new Map([['agent001', 'secret']]) },
      });
      expect(await stage.run('register')).toBe('');
      expect(stage.signaling.registrations.map(({ kind }) => kind)).toEqual(['page']);
    });

    it('RFC 3261 §22.4: is refused with a wrong password', async () => {
      stage = await Stage.start({
        auth: { realm: 'bridge', users: new Map([['agent001', 'secret']]) },
      });
      expect(await stage.run('wrong-password')).toBe('');
      expect(stage.signaling.registrations.map(({ kind }) => kind)).toEqual(['page']);
    });

    it('RFC 3261 §13 and §15: calls, and hangs up: so does the page', async () => {
      stage = await Stage.start();
      expect(await stage.run('call')).toBe('');
      await expect.poll(() => stage.heard).toEqual(['INVITE', 'ACK', 'BYE']);
    });

    it('RFC 3261 §18: calls over TCP', async () => {
      stage = await Stage.start();
      expect(await stage.run('call', '-t', 't1')).toBe('');
      await expect.poll(() => stage.heard).toEqual(['INVITE', 'ACK', 'BYE']);
    });

    it('RFC 3261 §9: gives up while it rings: the page is cancelled', async () => {
      stage = await Stage.start();
      stage.answers = false;
      expect(await stage.run('cancel')).toBe('');
      await expect.poll(() => stage.heard).toEqual(['INVITE', 'CANCEL', 'ACK']);
    });

    it('RFC 3264 §8.4: holds and resumes', async () => {
      stage = await Stage.start();
      expect(await stage.run('hold')).toBe('');
    });

    it('RFC 3261 §14, RFC 3264 §8: locks the codec by re-INVITE', async () => {
      stage = await Stage.start();
      expect(await stage.run('re-invite')).toBe('');
    });

    it('RFC 6086: sends DTMF by INFO', async () => {
      stage = await Stage.start();
      expect(await stage.run('info')).toBe('');
    });

    it('RFC 3261 §11: asks what we can: OPTIONS outside a call and in one', async () => {
      stage = await Stage.start();
      expect(await stage.run('options')).toBe('');
      expect(await stage.run('options-in-call')).toBe('');
    });

    it('RFC 3515, RFC 3420: transfers blindly: told of each turn by NOTIFY, and the other phone has the page', async () => {
      stage = await Stage.start({
        extensions: [{ key: '2001', to: { kind: 'phone', user: 'bob' } }],
      });
      const bob = await stage.phone('bob', 'answer');
      expect(await stage.run('refer')).toBe('');
      expect(await bob()).toBe('');
      await expect.poll(() => stage.heard).toEqual(['INVITE', 'ACK', 'BYE']);
    });

    it('RFC 3515 §2.4.2: is refused a transfer to nobody, or to another agent; the call goes on', async () => {
      stage = await Stage.start();
      expect(await stage.run('refer-refused')).toBe('');
      await expect.poll(() => stage.heard).toEqual(['INVITE', 'ACK', 'BYE']);
    });

    it('RFC 3261 §13.2.1: calls without an offer, and answers ours in its ACK', async () => {
      stage = await Stage.start();
      expect(await stage.run('late-offer')).toBe('');
      await expect.poll(() => stage.heard).toEqual(['INVITE', 'ACK', 'BYE']);
    });

    it('RFC 4028: keeps a session timer; a refresh that is too short is refused', async (context) => {
      embeddedOnly(context, 'the C++ server settles no timer on an UPDATE');
      stage = await Stage.start();
      expect(await stage.run('session-refresh')).toBe('');
    });
  },
);
