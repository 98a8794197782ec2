/** What phones are told to reach the bridge. */
import { describe, expect, test } from 'vitest';
import { dialLink, phoneSetups, type PhoneConfig } from '../../../web/setup/phones.ts';

const PHONE: PhoneConfig = {
  server: '192.0.2.1:5070',
  domain: '192.0.2.1:5070',
  username: 'agent001',
  needsPassword: false,
  transports: ['udp', 'tcp'],
};

function fileOf(name: string, phone = PHONE): string {
  return phoneSetups(phone).find((setup) => setup.name === name)?.file.text ?? '';
}

describe('phoneSetups', () => {
  test('MicroSIP: the port stands in server and domain, lines end as Windows wants them', () => {
    expect(fileOf('MicroSIP').split('\r\n')).toEqual([
      '[Settings]',
      'accountId=1',
      '[Account1]',
      'label=bridge',
      'server=192.0.2.1:5070',
      'domain=192.0.2.1:5070',
      'username=agent001',
      'authID=agent001',
      'password=any',
      'transport=udp',
      'registerRefresh=300',
      'keepAlive=15',
      '',
    ]);
  });

  test('baresip: one line', () => {
    expect(fileOf('baresip')).toBe(
      '<sip:agent001@192.0.2.1:5070;transport=udp>;auth_pass=any;regint=300\n',
    );
  });

  test('Linphone: account and credentials', () => {
    const text = fileOf('Linphone');
    expect(text).toContain('\nreg_proxy=<sip:192.0.2.1:5070;transport=udp>\n');
    expect(text).toContain('\nreg_identity=sip:agent001@192.0.2.1:5070\n');
    expect(text).toContain('\nusername=agent001\npasswd=any\ndomain=192.0.2.1\n');
  });

  test('a password of the bridge is not made up', () => {
    const phone = { ...PHONE, needsPassword: true };
    expect(fileOf('MicroSIP', phone)).toContain('\r\npassword=\r\n');
    for (const name of ['Linphone', 'baresip']) expect(fileOf(name, phone)).not.toContain('any');
  });

  test('a link dials', () => {
    expect(dialLink(PHONE)).toBe('sip:1000@192.0.2.1:5070');
  });
});
