import { type LossPlugin, OptionError } from "@brushwork/core";
import { quoted } from "@brushwork/core/reading";
import content from "@brushwork/loss-content";
import histogram from "@brushwork/loss-histogram";
import laplacian from "@brushwork/loss-laplacian";
import moments from "@brushwork/loss-moments";
import nearest from "@brushwork/loss-nearest";
import style from "@brushwork/loss-style";
import tv from "@brushwork/loss-tv";
import wasserstein from "@brushwork/loss-wasserstein";

/** The losses that every recipe can name. */
export const ownLosses: readonly LossPlugin[] = [
  content,
  style,
  wasserstein,
  tv,
  moments,
  histogram,
  nearest,
  laplacian,
];

/**
 * The plugins that a recipe can name: ours and others.
 * @throws {OptionError} when two have the same name
 */
export function pluginsWith(others: readonly LossPlugin[]): readonly LossPlugin[] {
  const names = new Set(ownLosses.map(({ name }) => name));
  for (const { name } of others) {
    if (names.has(name))
      throw new OptionError(
        `Expected loss plugins with different names, got ${quoted(name)} twice: leave one out.`,
      );
    names.add(name);
  }
  return [...ownLosses, ...others];
}
