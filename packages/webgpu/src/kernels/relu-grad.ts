import type { WebGPUBackend, WebGPUProgram } from "@tensorflow/tfjs-backend-webgpu";
import * as tf from "@tensorflow/tfjs-core";

/**
 * Registers a kernel for the gradient of relu: dy where y > 0, else 0, in one pass. `mul(dy, step(y))` takes two, and a
 * tensor in between.
 *
 * Its inputs are {dy, y}, both float32 and of the same shape. Registering it twice does no harm.
 */
export function registerReluGrad(backendName: string): void {
  if (tf.getKernel("ReluGrad", backendName) !== undefined) return;
  tf.registerKernel({
    kernelName: "ReluGrad",
    backendName,
    kernelFunc({ inputs: { dy, y }, backend }) {
      if (dy === undefined || y === undefined)
        throw new TypeError("Expected the inputs dy and y of ReluGrad.");
      return (backend as WebGPUBackend).runWebGPUProgram(reluGradProgram(dy.shape), [dy, y], "float32");
    },
  });
}

function reluGradProgram(shape: readonly number[]): WebGPUProgram {
  const size = tf.util.sizeFromShape([...shape]);
  // Four values at a time, where the length of the last axis is divisible by four.
  const components = (shape.at(-1) ?? 1) % 4 === 0 ? 4 : 1;
  const type = components === 4 ? "vec4<f32>" : "f32";
  const workgroup = 128;
  return {
    variableNames: ["dy", "y"],
    variableComponents: [components, components],
    outputComponent: components,
    outputShape: [...shape],
    shaderKey: `reluGrad_${components}`,
    size: true,
    workgroupSize: [workgroup, 1, 1],
    dispatchLayout: { x: shape.map((_, axis) => axis) },
    dispatch: [Math.ceil(size / (workgroup * components)), 1, 1],
    getUserCode: () => `
      fn main(index : i32) {
        if (index < uniforms.size) {
          setOutputAtIndex(index, select(${type}(0.0), dy[index], y[index] > ${type}(0.0)));
        }
      }`,
  };
}
