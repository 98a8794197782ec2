/**
 * Whether a call that came now would go well: what this page knows of itself, then what the doctor of
 * the bridge has found (GET /api/doctor). The first thing that is wrong comes first.
 */
import type { DoctorReport, Finding } from '../../common/api.ts';
import type { BridgeError } from '../../common/errors.ts';
import type { RegistrationStatus } from '../phone/registration.ts';

export interface ReadinessFacts {
  readonly registration: RegistrationStatus;
  readonly unsupported: BridgeError | undefined;
  /** Browsers keep media and workers' APIs from pages that came over plain http from afar. */
  readonly isSecure: boolean;
  readonly hasScriptTransform: boolean;
  /** Undefined until the bridge has answered. */
  readonly report: DoctorReport | undefined;
}

const WEIGHT: Record<Finding['result'], number> = { fail: 0, warn: 1, pass: 2 };

export function readinessOf(facts: ReadinessFacts): readonly Finding[] {
  const ofBridge = facts.report?.findings ?? [];
  return [
    // A browser that cannot take calls cannot be told to.
    ...(facts.unsupported === undefined ? [registered(facts.registration)] : []),
    secure(facts.isSecure),
    browser(facts),
    // Of this page the page itself knows more.
    ...ofBridge.filter(({ check }) => check !== 'Page'),
  ].toSorted((a, b) => WEIGHT[a.result] - WEIGHT[b.result]);
}

function registered({ state, sentence }: RegistrationStatus): Finding {
  const check = 'This page';
  if (state === 'registered') return { check, result: 'pass', message: sentence };
  if (state === 'idle') {
    return {
      check,
      result: 'warn',
      code: 'NO_PAGE',
      message: 'It answers no calls yet.',
      todo: 'Press Start answering calls.',
    };
  }
  const result = state === 'failed' ? 'fail' : 'warn';
  return {
    check,
    result,
    code: 'NO_PAGE',
    message: sentence,
    todo: 'The log on this page says more.',
  };
}

function secure(isSecure: boolean): Finding {
  const check = 'Secure context';
  if (isSecure) return { check, result: 'pass', message: 'this address may use audio' };
  return {
    check,
    result: 'fail',
    code: 'BROWSER_UNSUPPORTED',
    message: 'The browser keeps its audio interfaces from this address.',
    todo: 'Open the page at http://localhost, or over https.',
  };
}

function browser({ unsupported, hasScriptTransform }: ReadinessFacts): Finding {
  const check = 'Script transforms';
  if (unsupported !== undefined) {
    // What it lacks is the headline above.
    const message = 'This browser cannot take calls.';
    const todo = 'Open this page in Chrome or Edge.';
    return { check: 'Browser', result: 'fail', code: unsupported.code, message, todo };
  }
  if (hasScriptTransform) return { check, result: 'pass', message: 'the quickest audio path' };
  return {
    check,
    result: 'warn',
    code: 'BROWSER_OLD',
    message: 'This browser has none: audio takes the slower way, some 40 ms more.',
    todo: 'Update it, or use Chrome or Edge 141 or newer.',
  };
}
