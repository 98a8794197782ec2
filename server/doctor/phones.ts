/** The phones a running bridge has met, and what is missing from them. */
import type { PhoneSeen, Status } from '../../common/api.ts';
import { pass, warn, type Finding } from './finding.ts';

export function checkPhones(status: Status | undefined): Finding[] {
  if (!status) return [pass('Phones', 'no bridge runs at this address to ask about them')];
  const phones = status.registrations.filter(({ kind }) => kind === 'phone');
  const pages = status.registrations.length - phones.length;
  return [
    phones.length > 0
      ? pass('Phones', phones.map(({ aor, source }) => `${aor} from ${source}`).join(', '))
      : warn(
          'Phones',
          'NO_PHONE',
          'No phone has registered with the running bridge.',
          'Enter server, domain and user name in the phone, as the page and the start of the bridge show them; look for a firewall when the phone is another computer.',
        ),
    ...status.phones.flatMap((phone) => [...refusal(phone), ...audio(phone)]),
    pages > 0
      ? pass('Page', pages === 1 ? 'one is open' : `${pages} are open`)
      : warn(
          'Page',
          'NO_PAGE',
          'No page is open: calls get 480.',
          'Open it in Chrome and press Start.',
        ),
  ];
}

function refusal({ user, address, registerStatus = 200 }: PhoneSeen): Finding[] {
  if (registerStatus < 300) return [];
  const why =
    registerStatus === 401 || registerStatus === 403 || registerStatus === 407
      ? 'its password is not the one of the bridge'
      : `it got ${registerStatus}`;
  return [
    warn(
      'Phones',
      'REGISTER_REFUSED',
      `${user} at ${address} wants to register and may not: ${why}.`,
      'Correct user name and password in the phone, or sip.auth in the configuration.',
    ),
  ];
}

/** Its SIP comes through, so its address is right; whether its voice does only a call can tell. */
function audio({ user, address, calls, callsWithRtp }: PhoneSeen): Finding[] {
  if (calls === 0) return [];
  const phone = `${user} at ${address}`;
  if (callsWithRtp > 0) return [pass('Phone audio', `RTP has come from ${phone}`)];
  const often = calls === 1 ? 'in its call' : `in any of its ${calls} calls`;
  return [
    warn(
      'Phone audio',
      'MEDIA_NO_PHONE_RTP',
      `SIP of ${phone} arrives and is answered, but no RTP came from it ${often}.`,
      'Open the RTP ports (UDP) in the firewall here and at the phone, and look for a VPN or a router between the two.',
    ),
  ];
}
