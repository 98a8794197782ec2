/**
 * The commands about a party, or about all of a call: blocking, silence, notices and digits. A party
 * is chosen as rtpengine chooses it: by `label`, by the `address` of its SDP or by `from-tag`
 * (https://rtpengine.readthedocs.io/en/latest/ng_control_protocol.html, "block DTMF").
 */
import { readFile } from 'node:fs/promises';
import { messageOf } from '../../common/errors.ts';
import type { Encodable } from './bencode.ts';
import type { Call } from './call.ts';
import type { Switches } from './gate.ts';
import type { Party } from './party.ts';
import { RequestError, type NgRequest } from './request.ts';
import { Playback, codeOf, digitSource, durationMs, readSamples } from './sources.ts';

type Reply = Readonly<Record<string, Encodable | undefined>>;

const OK: Reply = { result: 'ok' };
/** As rtpengine bounds them, in ms. */
const [SHORTEST, LONGEST] = [100, 5000];

/** Blocks, unblocks, silences and unsilences, for the party that is named or for the whole call. */
export function setSwitch(
  call: Call,
  request: NgRequest,
  name: keyof Switches,
  isOn: boolean,
): Reply {
  const party = request.flags.has('all') ? undefined : partyOf(call, request);
  (party?.gate.own ?? call.switches)[name] = isOn;
  // Undoing it for all undoes it for everyone.
  if (request.flags.has('all') && !isOn) {
    for (const each of call.parties) each.gate.own[name] = false;
  }
  return OK;
}

export async function playMedia(call: Call, request: NgRequest): Promise<Reply> {
  const parties = partiesOf(call, request);
  const samples = readSamples(await mediaOf(request));
  const times = Math.max(1, request.integer('repeat-times') ?? 1);
  for (const party of parties) {
    const playback = new Playback(samples, speakable(party), times);
    // A new notice takes the place of the one before.
    party.outlet.hush();
    party.outlet.say(playback);
  }
  return { ...OK, duration: durationMs(samples) };
}

export function stopMedia(call: Call, request: NgRequest): Reply {
  for (const party of partiesOf(call, request)) party.outlet.hush();
  return OK;
}

/** The party is the one that seems to press the key: the other one hears it. */
export function playDtmf(call: Call, request: NgRequest): Reply {
  const code = codeOf(
    request.text('code') ?? request.text('digit'),
    request.integer('code') ?? request.integer('digit'),
  );
  if (code === undefined) throw new RequestError("Out of range 'code' specified");
  const bounded = (key: string, usual: number): number =>
    Math.min(LONGEST, Math.max(SHORTEST, request.integer(key) ?? usual));
  const volume = Math.max(-63, -Math.abs(request.integer('volume') ?? -8));
  const digit = { code, ms: bounded('duration', 250), pauseMs: bounded('pause', 100), volume };
  for (const { peer } of partiesOf(call, request)) {
    if (peer === undefined) throw new RequestError('Nobody is there to hear it yet');
    peer.outlet.say(digitSource(digit, speakable(peer)));
  }
  return OK;
}

async function mediaOf(request: NgRequest): Promise<Uint8Array> {
  const blob = request.bytes('blob');
  if (blob !== undefined) return blob;
  const file = request.text('file');
  if (file === undefined) throw new RequestError('No media file specified');
  try {
    return await readFile(file);
  } catch (thrown) {
    throw new RequestError(`Failed to start media playback from file: ${messageOf(thrown)}`);
  }
}

function speakable({ leg, outlet }: Party): Party['formats'] {
  if (leg === undefined) throw new RequestError('The party has no media yet');
  return outlet.formats;
}

function partiesOf(call: Call, request: NgRequest): readonly Party[] {
  if (request.flags.has('all')) return call.parties.filter(({ leg }) => leg !== undefined);
  const party = partyOf(call, request);
  if (party === undefined)
    throw new RequestError('No participant is named: from-tag, label or address');
  return [party];
}

/** Undefined when none is named. */
function partyOf(call: Call, request: NgRequest): Party | undefined {
  const { label, address, fromTag, setLabel } = request;
  let party: Party | undefined;
  if (label !== undefined) {
    party = call.parties.find((each) => each.label === label);
    if (party === undefined) throw new RequestError('No monologue matching the given label');
  } else if (address !== undefined) {
    party = call.parties.find(({ leg }) => leg?.streams()[0]?.announced?.address === address);
    if (party === undefined) throw new RequestError('Failed to match address to any tag');
  } else if (fromTag !== undefined) {
    party = call.byTag(fromTag);
    if (party === undefined) throw new RequestError('From-tag given, but no such tag exists');
  }
  if (party !== undefined && setLabel !== undefined) party.label = setLabel;
  return party;
}
