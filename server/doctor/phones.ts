/** The phones a running bridge has met, and what is missing from them. */
import type { Status } from '../../common/api.ts';
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
          'Enter its server, domain and user name as the start of the bridge shows them; look for a firewall when the phone is another computer.',
        ),
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
