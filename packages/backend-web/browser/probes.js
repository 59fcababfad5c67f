// Runs in the worker before the package's: lets tests lose the device, forbid storage, and count what is held.
const wishes = location.search;
let lose = () => {};

const requestDevice = globalThis.GPUAdapter?.prototype.requestDevice;
if (requestDevice)
  GPUAdapter.prototype.requestDevice = async function (...args) {
    const device = await requestDevice.apply(this, args);
    lose = () => device.destroy();
    if (wishes.includes("lost-at-once")) lose();
    return device;
  };

const getContext = OffscreenCanvas.prototype.getContext;
OffscreenCanvas.prototype.getContext = function (kind, ...args) {
  const context = getContext.call(this, kind, ...args);
  if (kind === "webgl2") lose = () => context.getExtension("WEBGL_lose_context").loseContext();
  return context;
};

if (wishes.includes("no-room"))
  Cache.prototype.put = async () => {
    throw new DOMException("Quota exceeded.", "QuotaExceededError");
  };

addEventListener("message", ({ data }) => {
  if (data === "lose the device") lose();
});

const post = globalThis.postMessage;
globalThis.postMessage = (reply, ...rest) => {
  if (reply.event?.type === "step" || reply.event?.type === "painted") {
    // TensorFlow.js keeps its engine there.
    const { state, backendInstance: backend } = globalThis._tfengine;
    reply.event.tensors = state.numTensors;
    reply.event.bytes =
      backend?.bufferManager?.numBytesAllocated ?? backend?.textureManager?.numBytesAllocated ?? 0;
  }
  post.call(globalThis, reply, ...rest);
};
