/** The embedded media engine alone in its process: engine-process.ts PORT_MIN PORT_MAX WEBRTC_PORT. */
import { kindOf } from './stage.ts';

const [portMin, portMax, webrtcPort] = process.argv.slice(2).map(Number);
const engine = await kindOf('embedded').start({
  portMin: portMin ?? 26_000,
  portMax: portMax ?? 26_999,
  ...(webrtcPort !== undefined && { webrtcPort }),
});
process.once('disconnect', () => void engine.close().then(() => process.exit(0)));
process.send?.({ ngPort: engine.ngPort });
