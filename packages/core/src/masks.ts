import * as tf from "@tensorflow/tfjs-core";
import { channelMean } from "./gram-matrix.js";
import type { Masks, StyleFeatures } from "./loss.js";
import { imageLayer, type Network } from "./network.js";

/** The masks of a style at the size of its picture and of the image. */
interface PlacedMasks {
  /** [1, height, width, 1] in [0, 1], with the margin that the image has. */
  readonly content?: tf.Tensor4D;
  /** [1, height, width, 1] in [0, 1] */
  readonly style?: tf.Tensor4D;
}

/** The shapes of activations by layer. */
type Shapes = Readonly<Record<string, { readonly shape: Readonly<tf.Tensor4D["shape"]> }>>;

/**
 * A style's masks at the layers: each averaged over the pixels of a position, and divided by its mean, so that what is
 * computed with it does not depend on the area. Where one of the two leaves nothing, both are 0 throughout.
 *
 * @param image features of an image, for their sizes
 * @param style features of the style
 */
export function layerMasks(
  network: Pick<Network, "geometry">,
  { content, style }: PlacedMasks,
  features: { readonly image: Shapes; readonly style: Shapes },
): Pick<StyleFeatures, "contentMasks" | "styleMasks"> {
  const contentMasks: Record<string, tf.Tensor4D> = {};
  const styleMasks: Record<string, tf.Tensor4D> = {};
  for (const [layer, activation] of Object.entries(features.image)) {
    const stride = layer === imageLayer ? 1 : (network.geometry?.(layer).stride ?? 1);
    const ofContent = content && averaged(content, activation, stride);
    const ofStyle = style && averaged(style, features.style[layer] as Shapes[string], stride);
    const means = [ofContent, ofStyle].flatMap((mask) => (mask === undefined ? [] : [channelMean(mask)]));
    const isThere = tf.cast(means.map((mean) => tf.greater(mean, 0)).reduce(tf.logicalAnd), "float32");
    const normalised = (mask: tf.Tensor4D) =>
      tf.mul<tf.Tensor4D>(tf.divNoNan(mask, channelMean(mask)), isThere);
    if (ofContent !== undefined) contentMasks[layer] = normalised(ofContent);
    if (ofStyle !== undefined) styleMasks[layer] = normalised(ofStyle);
  }
  return { ...(content && { contentMasks }), ...(style && { styleMasks }) };
}

/** Averages over squares of pixels, one for each position of an activation. */
function averaged(mask: tf.Tensor4D, { shape }: Shapes[string], stride: number): tf.Tensor4D {
  if (stride === 1) return mask;
  // Where a network rounds up, its last positions have only some of their pixels.
  const isPartial = shape[1] * stride > mask.shape[1] || shape[2] * stride > mask.shape[2];
  return tf.avgPool(mask, stride, stride, isPartial ? "same" : "valid");
}

/** Styles that act in the same part of the image, and are blended there. */
export interface StyleRegion<Style = StyleFeatures> {
  /** Share of the loss; the weights of all regions sum to 1. */
  readonly weight: number;
  /** Where they act. Absent: everywhere. */
  readonly contentMasks?: Masks;
  /** Their weights sum to 1. */
  readonly styles: readonly Style[];
}

/**
 * The regions of the image in which styles act: one for each style with a content mask, and one, everywhere, for all the
 * others. A style loss that knows masks sums over them.
 *
 * @example
 * prepare: ({ styles }) => styleRegions(styles).map(({ weight, contentMasks, styles }) => …)
 */
export function styleRegions<Style extends Pick<StyleFeatures, "weight" | "contentMasks">>(
  styles: readonly Style[],
): readonly StyleRegion<Style>[] {
  const unmasked = styles.filter(({ contentMasks }) => contentMasks === undefined);
  if (unmasked.length === styles.length) return [{ weight: 1, styles }];
  const weight = unmasked.reduce((sum, style) => sum + style.weight, 0);
  const everywhere = {
    weight,
    styles: unmasked.map((style) => ({ ...style, weight: style.weight / weight })),
  };
  return [
    ...(unmasked.length > 0 ? [everywhere] : []),
    ...styles.flatMap((style) => {
      const { contentMasks } = style;
      return contentMasks ? [{ weight: style.weight, contentMasks, styles: [{ ...style, weight: 1 }] }] : [];
    }),
  ];
}
