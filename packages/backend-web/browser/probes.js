// Runs in the worker before the package's: lets tests lose the device, make it or the storage small, and count what is held.
const wishes = location.search;
let lose = () => {};

const requestDevice = globalThis.GPUAdapter?.prototype.requestDevice;
if (requestDevice)
  GPUAdapter.prototype.requestDevice = async function (...args) {
    const device = await requestDevice.apply(this, args);
    lose = () => device.destroy();
    if (wishes.includes("lost-at-once")) lose();
    if (wishes.includes("small-gpu")) {
      const limits = new Proxy(device.limits, {
        get: (all, name) => (name === "maxBufferSize" ? 2 ** 10 : all[name]),
      });
      Object.defineProperty(device, "limits", { value: limits });
    }
    return device;
  };

/** The GPU's buffers that were made and not given back, those that TensorFlow.js counts and those that it does not. */
const buffers = new Set();
const createBuffer = globalThis.GPUDevice?.prototype.createBuffer;
const destroyBuffer = globalThis.GPUBuffer?.prototype.destroy;
if (createBuffer) {
  GPUDevice.prototype.createBuffer = function (...args) {
    const buffer = createBuffer.apply(this, args);
    buffers.add(buffer);
    return buffer;
  };
  GPUBuffer.prototype.destroy = function () {
    buffers.delete(this);
    return destroyBuffer.call(this);
  };
}

const getContext = OffscreenCanvas.prototype.getContext;
OffscreenCanvas.prototype.getContext = function (kind, ...args) {
  const context = getContext.call(this, kind, ...args);
  if (kind === "webgl2") lose = () => context.getExtension("WEBGL_lose_context").loseContext();
  if (wishes.includes("small-gpu")) {
    const getParameter = context.getParameter;
    context.getParameter = (name) =>
      name === context.MAX_TEXTURE_SIZE ? 16 : getParameter.call(context, name);
  }
  return context;
};

if (wishes.includes("full"))
  Cache.prototype.put = async () => {
    throw new DOMException("Quota exceeded.", "QuotaExceededError");
  };

if (wishes.includes("four-processors"))
  Object.defineProperty(WorkerNavigator.prototype, "hardwareConcurrency", {
    get: () => 4,
    configurable: true,
  });

addEventListener("message", ({ data }) => {
  if (data === "lose the device") lose();
});

/** What is held now. */
function held() {
  // TensorFlow.js keeps its engine there.
  const { state, backendInstance: backend } = globalThis._tfengine;
  return {
    tensors: state.numTensors,
    buffers: buffers.size,
    bytes: backend?.bufferManager?.numBytesAllocated ?? backend?.textureManager?.numBytesAllocated ?? 0,
  };
}

const post = globalThis.postMessage.bind(globalThis);
/** The last picture, with which the page ends the worker: it waits until the run has freed everything. */
let last;
globalThis.postMessage = (reply, ...rest) => {
  if (reply.event?.why === "last") {
    last = [reply, ...rest];
    return;
  }
  if (reply.event?.type === "step") Object.assign(reply.event, held());
  if (reply.type === "ended" && last !== undefined) {
    Object.assign(last[0].event, held());
    post(...last);
  }
  post(reply, ...rest);
};
