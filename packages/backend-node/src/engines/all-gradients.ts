// The gradients read flags that only the complete package sets.
import "@tensorflow/tfjs-core";
// Node cannot import this file of tfjs-core's as it is, so the build takes it in, with what it imports.
import "@tensorflow/tfjs-core/dist/register_all_gradients.js";
