/** The agent's side of every dialect by its name. */
import type { DialectName } from '../../common/api.ts';
import { familyEndpoint } from './talky-family.ts';
import { twilioEndpoint } from './twilio.ts';
import type { Endpoint, Tts } from './types.ts';

/** @param tts what the agent's voice comes as, where the protocol leaves that open. */
export function endpointOf(name: DialectName, callId: string, tts: Tts): Endpoint {
  return name === 'twilio-media-streams' ? twilioEndpoint() : familyEndpoint(name, callId, tts);
}
