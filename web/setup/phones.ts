/**
 * What three softphones have to be told to reach this bridge: fields to type, or a piece of their own
 * configuration to put in place. Passwords the bridge was started with are left to be filled in.
 */
import type { PageConfig } from '../../common/api.ts';

export type PhoneConfig = PageConfig['phone'];

export interface PhoneSetup {
  readonly name: 'MicroSIP' | 'Linphone' | 'baresip';
  /** Where to begin, and what to do with the rest. */
  readonly steps: readonly string[];
  readonly fields: readonly { readonly name: string; readonly value: string }[];
  readonly file: {
    readonly name: string;
    readonly text: string;
    /** What to do with it. */
    readonly use: string;
  };
}

/** Any number reaches the page; this one stands in every guide. */
const NUMBER = '1000';
const ANY_PASSWORD = 'any';

/** Dials with whatever phone of this computer has taken `sip:` links. */
export function dialLink({ domain }: PhoneConfig): string {
  return `sip:${NUMBER}@${domain}`;
}

export function phoneSetups(phone: PhoneConfig): readonly PhoneSetup[] {
  return [microsip(phone), linphone(phone), baresip(phone)];
}

/** To be typed over where it matters. */
function passwordOf({ needsPassword }: PhoneConfig): string {
  return needsPassword ? '' : ANY_PASSWORD;
}

function fieldsOf(phone: PhoneConfig, server: string, domain: string): PhoneSetup['fields'] {
  return [
    { name: server, value: phone.server },
    { name: 'Username', value: phone.username },
    { name: domain, value: phone.domain },
  ];
}

function microsip(phone: PhoneConfig): PhoneSetup {
  return {
    name: 'MicroSIP',
    steps: [
      'Open the menu at the top right and choose Add Account…',
      'Type in what stands here and press Save.',
      'When it says Online, dial any number. A headset keeps the agent from hearing itself.',
    ],
    fields: fieldsOf(phone, 'SIP server', 'Domain'),
    file: {
      name: 'microsip.ini',
      use: 'Or, while MicroSIP is closed, put these sections into %APPDATA%\\MicroSIP\\microsip.ini (portable: beside the program).',
      // An INI of Windows; MicroSIP takes plain text and encrypts the password itself.
      text: [
        '[Settings]',
        'accountId=1',
        '[Account1]',
        'label=bridge',
        `server=${phone.server}`,
        `domain=${phone.domain}`,
        `username=${phone.username}`,
        `authID=${phone.username}`,
        `password=${passwordOf(phone)}`,
        'transport=udp',
        'registerRefresh=300',
        'keepAlive=15',
        '',
      ].join('\r\n'),
    },
  };
}

function linphone(phone: PhoneConfig): PhoneSetup {
  const { username, server, domain } = phone;
  return {
    name: 'Linphone',
    steps: [
      'Choose Use a SIP account (third-party), and type in what stands here, with transport UDP.',
      'Switch off ICE, media encryption and AVPF; keep PCMU or PCMA among the audio codecs.',
      'When the account is connected, dial any number.',
    ],
    fields: fieldsOf(phone, 'SIP server', 'Domain'),
    file: {
      name: 'linphonerc',
      use: 'Or put these sections into its configuration file, linphonerc, while it is closed.',
      text: [
        '[sip]',
        'default_proxy=0',
        'media_encryption=none',
        '[auth_info_0]',
        `username=${username}`,
        `passwd=${passwordOf(phone)}`,
        `domain=${withoutPort(domain)}`,
        '[proxy_0]',
        `reg_proxy=<sip:${server};transport=udp>`,
        `reg_identity=sip:${username}@${domain}`,
        'reg_expires=300',
        'reg_sendregister=1',
        'avpf=0',
        '',
      ].join('\n'),
    },
  };
}

function baresip(phone: PhoneConfig): PhoneSetup {
  const { username, domain } = phone;
  const account = `<sip:${username}@${domain};transport=udp>;auth_pass=${passwordOf(phone)};regint=300`;
  return {
    name: 'baresip',
    steps: [
      'Add this line to ~/.baresip/accounts, and see that g711.so is among the modules of ~/.baresip/config.',
      `Start baresip and type /dial ${NUMBER}, or any other number.`,
    ],
    fields: [{ name: 'Account', value: account }],
    file: {
      name: 'accounts',
      use: 'Or take it as a file.',
      text: `${account}\n`,
    },
  };
}

function withoutPort(domain: string): string {
  return domain.replace(/:\d+$/, '');
}
