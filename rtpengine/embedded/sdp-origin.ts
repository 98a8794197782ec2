/**
 * The identity of the SDPs that go to one party (RFC 8866 section 5.2,
 * https://www.rfc-editor.org/rfc/rfc8866#section-5.2): user name and session name that stay what
 * they were first, and a version that grows exactly when something changed. For calls that go from
 * one peer to another, whose SDPs have nothing in common.
 */
import type { Sdp } from './sdp.ts';

export interface OriginRules {
  readonly username: boolean;
  readonly sessionName: boolean;
  readonly version: boolean;
}

export class SdpOrigin {
  #username: string | undefined;
  #sessionName: string | undefined;
  #version: bigint | undefined;
  #lastText = '';

  /** The SDP as this party is to see it. */
  apply(sdp: Sdp, rules: OriginRules): Sdp {
    const text = [...sdp.session.filter((line) => !line.startsWith('o=')), ...sdp.media.flat()];
    const isNew = text.join('\n') !== this.#lastText;
    this.#lastText = text.join('\n');
    return { ...sdp, session: sdp.session.map((line) => this.#line(line, rules, isNew)) };
  }

  #line(line: string, rules: OriginRules, isNew: boolean): string {
    if (line.startsWith('s=')) {
      this.#sessionName ??= line;
      return rules.sessionName ? this.#sessionName : line;
    }
    if (!line.startsWith('o=')) return line;
    const [username = '-', id = '0', version = '0', ...rest] = line.slice(2).split(' ');
    this.#username ??= username;
    const given = /^\d{1,20}$/.test(version) ? BigInt(version) : 0n;
    if (this.#version === undefined || !rules.version) this.#version = given;
    else if (isNew) this.#version++;
    return `o=${[
      rules.username ? this.#username : username,
      id,
      rules.version ? this.#version.toString() : version,
      ...rest,
    ].join(' ')}`;
  }
}
