/** Pages written by hand: what is in the sidebar, in its order. Each file of docs and each package's README has a place. */
export const sidebar: readonly {
  readonly title: string;
  /** By path from the repository's root. */
  readonly pages: Readonly<Record<string, string>>;
}[] = [
  {
    title: "Guide",
    pages: {
      "docs/getting-started.md": "Getting started",
      "docs/pictures.md": "Pictures",
      "docs/contact-sheet.md": "All pairs painted",
      "docs/films.md": "Films",
      "docs/checkpoints.md": "Checkpoints",
      "docs/serve.md": "Serving",
      "docs/queue.md": "More than one machine",
      "docs/troubleshooting.md": "Troubleshooting",
      "apps/site/messages.md": "Every message",
    },
  },
  {
    title: "Extend it",
    pages: {
      "docs/write-a-loss.md": "Write a loss",
      "docs/write-a-network.md": "Write a network",
      "docs/write-an-optimizer.md": "Write an optimizer",
      "packages/create-brushwork-loss/README.md": "create-brushwork-loss",
      "packages/testing/README.md": "Contract tests",
    },
  },
  {
    title: "Background",
    pages: {
      "docs/mathematics.md": "Mathematics",
      "docs/networks.md": "Networks",
      "docs/paper.md": "The paper, section by section",
      "docs/performance.md": "Performance",
    },
  },
  {
    title: "Packages",
    pages: {
      "packages/cli/README.md": "The command",
      "packages/backend-node/README.md": "backend-node",
      "packages/backend-web/README.md": "backend-web",
      "packages/core/README.md": "core",
      "packages/recipes/README.md": "recipes",
      "packages/runs/README.md": "runs",
      "packages/networks/README.md": "networks",
      "packages/webgpu/README.md": "webgpu",
      "packages/loss-plugins/content/README.md": "loss-content",
      "packages/loss-plugins/style/README.md": "loss-style",
      "packages/loss-plugins/wasserstein/README.md": "loss-wasserstein",
      "packages/loss-plugins/moments/README.md": "loss-moments",
      "packages/loss-plugins/histogram/README.md": "loss-histogram",
      "packages/loss-plugins/nearest/README.md": "loss-nearest",
      "packages/loss-plugins/laplacian/README.md": "loss-laplacian",
      "packages/loss-plugins/tv/README.md": "loss-tv",
    },
  },
  {
    title: "Contribute",
    pages: {
      "CONTRIBUTING.md": "Contributing",
      "docs/architecture.md": "Architecture",
      "packages/networks/assets/README.md": "The network compact",
    },
  },
];

/** Where each file is on the site, by its path from the repository's root. */
export const places: Readonly<Record<string, string>> = {
  "apps/site/index.md": "index.md",
  ...Object.fromEntries(
    sidebar.flatMap(({ pages }) => Object.keys(pages)).map((path) => [path, placeOf(path)]),
  ),
};

/** "docs/pictures.md" → "pictures.md", "packages/loss-plugins/tv/README.md" → "packages/loss-tv.md" */
function placeOf(path: string): string {
  return path
    .replace(/^(docs|apps\/site)\//, "")
    .replace(/^packages\/loss-plugins\//, "packages/loss-")
    .replace(/\/README\.md$/, ".md")
    .toLowerCase();
}
