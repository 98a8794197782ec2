/**
 * The worker of one call: owns the agent's socket and both directions of audio. It runs whatever the
 * page is busy with, and whether or not its tab is visible.
 */
import { explainClose } from '../../agent/dialects/closes.ts';
import { loadAgentMissing } from './agent-missing.ts';
import type { SocketLike } from './agent-socket.ts';
import { CallPump } from './call-pump.ts';
import type { FromWorker, ToWorker } from './messages.ts';

/** What a dedicated worker has and the DOM library's `self` does not. */
interface CallWorkerScope {
  onmessage: ((event: MessageEvent<ToWorker>) => void) | null;
  onrtctransform: ((event: RTCTransformEvent) => void) | null;
  postMessage(message: FromWorker, transfer?: Transferable[]): void;
}

const scope = self as unknown as CallWorkerScope;

const pump = new CallPump({
  post: (message, transfer = []) => scope.postMessage(message, transfer),
  connect: (url) => new WebSocket(url) as SocketLike,
  explainClose,
  loadNotice: loadAgentMissing,
});

scope.onmessage = ({ data }) => pump.receive(data);
scope.onrtctransform = ({ transformer }) => pump.captureEncoded(transformer);
scope.postMessage({ type: 'ready' });
