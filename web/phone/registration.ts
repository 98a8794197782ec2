/**
 * What the page says about its own registration. JsSIP's `isRegistered()` stays true over a lost
 * connection, so the state is kept here, from the events as they happen, with a sentence for each.
 */
export type RegistrationState =
  'idle' | 'connecting' | 'registered' | 'unregistered' | 'failed' | 'stopped';

export interface RegistrationStatus {
  readonly state: RegistrationState;
  readonly sentence: string;
}

export const IDLE: RegistrationStatus = {
  state: 'idle',
  sentence: 'Not started: no call can be answered yet.',
};

/** Why a REGISTER was refused, for a person. */
export function refusal(
  status: number | undefined,
  reason: string | undefined,
  cause: string,
): string {
  if (status === undefined) return `The registrar gave no answer (${cause}).`;
  return `The registrar refused the page: ${status} ${reason ?? cause}.`;
}
