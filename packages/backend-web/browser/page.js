// Runs in Chromium: what the tests call there, as `brushwork`.
import * as api from "../dist/index.js";

/** The package's worker with probes in it; see probes.js. */
const probed = (wishes) =>
  new Worker(new URL(`probed-worker.js?${wishes}`, import.meta.url), { type: "module" });

/** A picture of the size given by `pixels`, bytes as a list. */
const pictureOf = ({ width, height, data }) => ({ width, height, data: new Uint8ClampedArray(data) });

const described = ({ picture, ...event }, all) =>
  picture === undefined
    ? event
    : {
        ...event,
        width: picture.width,
        height: picture.height,
        ...spread(picture),
        ...(all && { pixels: [...picture.data] }),
      };

/** How far a picture is from being empty. */
function spread({ data }) {
  let [least, most] = [255, 0];
  for (let i = 0; i < data.length; i += 4) {
    least = Math.min(least, data[i]);
    most = Math.max(most, data[i]);
  }
  return { least, most };
}

const styleOf = (style) =>
  Array.isArray(style)
    ? style.map(({ picture, contentMask, styleMask, ...rest }) => ({
        ...rest,
        picture: pictureOf(picture),
        ...(contentMask && { contentMask: pictureOf(contentMask) }),
        ...(styleMask && { styleMask: pictureOf(styleMask) }),
      }))
    : pictureOf(style);

/**
 * Paints, and tells all that happened as plain data.
 *
 * @param script at step `at`, `ask` is called with the painting, its worker and the abort controller; 0: beforehand
 */
async function run({ content, style, probes, all, ...options }, script = {}) {
  const controller = new AbortController();
  let worker;
  const painting = api.paint({
    ...options,
    content: pictureOf(content),
    style: styleOf(style),
    signal: controller.signal,
    ...(probes !== undefined && {
      worker() {
        worker = probed(probes);
        return worker;
      },
    }),
  });
  const events = [];
  const ask = () => asks[script.ask](painting, { worker, controller });
  if (script.at === 0) ask();
  try {
    for await (const event of painting) {
      events.push(described(event, all));
      if (event.type === "step" && event.index === script.at) ask();
      if (event.type === "paused") afterPause[script.ask](painting, events);
      if (script.ask === "dropStyleAndStop" && event.losses?.style === 0) painting.stop();
    }
    return { events };
  } catch (error) {
    const { name, message, engine, longest, step, term } = error;
    return { events, error: { name, message, engine, longest, step, term } };
  }
}

const asks = {
  abortByTimer: (_, { controller }) => setTimeout(() => controller.abort(), 0),
  stop: (painting) => painting.stop(),
  loseDevice: (_, { worker }) => worker.postMessage("lose the device"),
  dropStyle: (painting) => painting.setWeights({ style: 0 }),
  // Stopped at the first step that it no longer counts in.
  dropStyleAndStop: (painting) => painting.setWeights({ style: 0 }),
  pauseAndStop: (painting) => painting.pause(),
  pauseAndResume: (painting) => painting.pause(),
};

/** What follows a pause. Long enough for several steps, if there were any. */
const afterPause = {
  pauseAndStop: (painting) => painting.stop(),
  pauseAndResume: (painting, events) =>
    setTimeout(() => {
      events.push({ type: "resumed" });
      painting.resume();
    }, 200),
};

async function decode(bytes, type, options) {
  try {
    const warnings = [];
    const picture = await api.readPicture(new Blob([new Uint8Array(bytes)], { type }), {
      ...options,
      onWarning: (sentence) => warnings.push(sentence),
    });
    return {
      ...(warnings.length > 0 && { warnings }),
      width: picture.width,
      height: picture.height,
      first: [...picture.data.subarray(0, 4)],
      ...(options?.all && { pixels: [...picture.data] }),
    };
  } catch (error) {
    return { name: error.name, message: error.message };
  }
}

async function encode(picture, format, options) {
  const file = await api.encodePicture(pictureOf(picture), format, options);
  const again = await api.readPicture(file);
  return {
    type: file.type,
    bytes: [...new Uint8Array(await file.arrayBuffer())],
    pixels: [...again.data],
  };
}

globalThis.brushwork = { ...api, run, decode, encode };
