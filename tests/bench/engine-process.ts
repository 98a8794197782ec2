/** The embedded media engine alone in its process: node engine-process.ts PORT_MIN PORT_MAX. */
import { kindOf } from './stage.ts';

const [portMin, portMax] = process.argv.slice(2).map(Number);
const engine = await kindOf('embedded').start({
  portMin: portMin ?? 26_000,
  portMax: portMax ?? 26_999,
});
process.once('disconnect', () => void engine.close().then(() => process.exit(0)));
process.send?.({ ngPort: engine.ngPort });
