import { DeviceLost, deviceWatch, type Engine } from "@brushwork/core";
import { GPGPUContext, MathBackendWebGL } from "@tensorflow/tfjs-backend-webgl";
import * as tf from "@tensorflow/tfjs-core";
import type { EngineEntry, EngineOptions } from "./entry.js";
import { trimTextures } from "./texture-pool.js";

const backendName = "webgl";
const gibibyte = 2 ** 30;

/** The GPU through WebGL 2, which every browser has; slower than WebGPU, and for smaller pictures. */
export const webgl: EngineEntry = {
  name: "webgl",
  async find(options) {
    const { gl, device, software } = context(options);
    loseContext(gl);
    return { device, software };
  },
  async start(options): Promise<Engine> {
    const { gl, canvas, device } = context(options);
    const watch = deviceWatch();
    canvas.addEventListener("webglcontextlost", () =>
      watch.fail(
        new DeviceLost(
          `The GPU (${device}) was lost. Try again with a smaller size, or use another engine.`,
          "webgl",
        ),
      ),
    );
    tf.env().set("WEBGL_VERSION", 2);
    // Computes each output pixel from its neighbourhood. By default, convolutions first write all neighbourhoods out,
    // which takes nine times the memory.
    tf.env().set("WEBGL_EXP_CONV", true);
    if (tf.findBackendFactory(backendName) !== null) tf.removeBackend(backendName);
    const gpgpu = new GPGPUContext(gl);
    const done = gpgpu.createAndWaitForFence.bind(gpgpu);
    // Left alone, it waits forever for a lost GPU, also before each reading.
    gpgpu.createAndWaitForFence = () => watch.done(done());
    const backend = new MathBackendWebGL(gpgpu);
    tf.registerBackend(backendName, () => backend);
    if (!(await tf.setBackend(backendName)))
      throw new Error('TensorFlow.js\'s backend "webgl" did not start. Use another engine.');
    return {
      name: "webgl",
      device,
      // A tensor that is not packed in fours takes one pixel for each number.
      largestTensorBytes: gl.getParameter(gl.MAX_TEXTURE_SIZE) ** 2 * Float32Array.BYTES_PER_ELEMENT,
      // WebGL does not report it; this is what the GPU of a plain laptop has.
      memoryBytes: 2 * gibibyte,
      lost: watch.lost,
      settle: () => gpgpu.createAndWaitForFence(),
      trim: () => trimTextures(backend),
      async stop() {
        watch.end();
        tf.removeBackend(backendName);
        loseContext(gl);
      },
    };
  },
};

/** @throws {Error} where there is none that computes in float32 */
function context({ software }: EngineOptions) {
  if (typeof OffscreenCanvas === "undefined") throw missing("WebGL in workers");
  const canvas = new OffscreenCanvas(1, 1);
  const gl = canvas.getContext("webgl2", {
    alpha: false,
    antialias: false,
    depth: false,
    stencil: false,
    powerPreference: "high-performance",
  });
  if (gl === null) throw missing("WebGL 2");
  const named = gl.getExtension("WEBGL_debug_renderer_info");
  const renderer = String(gl.getParameter(named?.UNMASKED_RENDERER_WEBGL ?? gl.RENDERER));
  const inSoftware = /swiftshader|llvmpipe|softpipe|software|basic render/i.test(renderer);
  const trouble = !rendersFloats(gl)
    ? `The GPU (${renderer}) cannot compute in float32 through WebGL. Use another engine.`
    : inSoftware && !software
      ? `Expected a real GPU for WebGL, found only one in software (${renderer}), which is slow. Use another engine, or ask for webgl by name.`
      : undefined;
  if (trouble !== undefined) {
    loseContext(gl);
    throw new Error(trouble);
  }
  return { gl, canvas, device: inSoftware ? `${renderer} (in software)` : renderer, software: inSoftware };
}

/** Whether the GPU draws to float32 textures: some have the extension but refuse. */
function rendersFloats(gl: WebGL2RenderingContext): boolean {
  if (gl.getExtension("EXT_color_buffer_float") === null) return false;
  const texture = gl.createTexture();
  const frame = gl.createFramebuffer();
  gl.bindTexture(gl.TEXTURE_2D, texture);
  gl.texImage2D(gl.TEXTURE_2D, 0, gl.RGBA32F, 1, 1, 0, gl.RGBA, gl.FLOAT, null);
  gl.bindFramebuffer(gl.FRAMEBUFFER, frame);
  gl.framebufferTexture2D(gl.FRAMEBUFFER, gl.COLOR_ATTACHMENT0, gl.TEXTURE_2D, texture, 0);
  const complete = gl.checkFramebufferStatus(gl.FRAMEBUFFER) === gl.FRAMEBUFFER_COMPLETE;
  gl.bindFramebuffer(gl.FRAMEBUFFER, null);
  gl.bindTexture(gl.TEXTURE_2D, null);
  gl.deleteFramebuffer(frame);
  gl.deleteTexture(texture);
  return complete;
}

/** Frees what the context holds on the GPU, which would otherwise wait for the garbage collector. */
function loseContext(gl: WebGL2RenderingContext): void {
  gl.getExtension("WEBGL_lose_context")?.loseContext();
}

function missing(what: string): Error {
  return new Error(`This browser has no ${what}. Update it, or use another engine.`);
}
