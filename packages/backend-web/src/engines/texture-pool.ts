import type { MathBackendWebGL } from "@tensorflow/tfjs-backend-webgl";

/** Private fields of TensorFlow.js's texture manager; stable, since 4.22 is the last release. */
interface TexturePool {
  readonly freeTextures: Readonly<Record<string, { readonly texture: WebGLTexture }[]>>;
  numFreeTextures: number;
  _numBytesAllocated: number;
  _numBytesFree: number;
}

/**
 * Deletes the textures that no tensor uses.
 *
 * The backend keeps each for the next tensor of exactly that size, so every scale of a run would leave a set behind.
 */
export function trimTextures(backend: MathBackendWebGL): void {
  const pool = (backend as unknown as { readonly textureManager: TexturePool }).textureManager;
  for (const textures of Object.values(pool.freeTextures))
    for (const { texture } of textures.splice(0)) {
      pool.numFreeTextures--;
      backend.gpgpu.deleteMatrixTexture(texture);
    }
  pool._numBytesAllocated -= pool._numBytesFree;
  pool._numBytesFree = 0;
}
