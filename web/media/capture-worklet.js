/**
 * Hands what it hears on, a render quantum at a time, to whoever holds the other end of its port: the
 * call's worker. Plain JavaScript, because a worklet's file is served as it is.
 */
/* global AudioWorkletProcessor, registerProcessor */
class CallerCapture extends AudioWorkletProcessor {
  process([[samples] = []]) {
    if (samples !== undefined) {
      const copy = samples.slice();
      this.port.postMessage(copy, [copy.buffer]);
    }
    return true;
  }
}

registerProcessor('caller-capture', CallerCapture);
