/**
 * `npm run screenshots [-- name …]`: the pictures of docs/images, taken anew. Real calls of the
 * project's own softphone with the demo agent; look at each before it is committed.
 */
import { Camera } from './camera.ts';
import { callScenes } from './scenes/call.ts';
import { idleScenes } from './scenes/idle.ts';
import { troubleScenes } from './scenes/trouble.ts';

const camera = new Camera('docs/images', process.argv.slice(2));
for (const scene of [idleScenes, callScenes, troubleScenes]) await scene(camera);
if (camera.tooLarge.length > 0) {
  process.stderr.write(`Larger than they should be:\n${camera.tooLarge.join('\n')}\n`);
  process.exitCode = 1;
}
