import { basename, dirname, relative, resolve, sep } from "node:path";

/** A picture of a batch, on its page. */
export interface ShownPicture {
  readonly content: string;
  readonly style: string;
  readonly output: string;
  /** Why the picture is not there. */
  readonly reason?: string;
}

/** What the page is known by, which may be replaced. */
export const pageMark = '<meta name="generator" content="Brushwork">';

/**
 * A page of HTML that shows the pictures of a batch, grouped by content, beside the content itself.
 *
 * @param file where the page goes: it names the pictures from there
 */
export function batchPage(file: string, pictures: readonly ShownPicture[]): string {
  const address = (path: string) => escaped(addressOf(file, path));
  const figure = (path: string, caption: string) =>
    `<figure><a href="${address(path)}"><img loading="lazy" src="${address(path)}" alt=""></a>` +
    `<figcaption>${escaped(caption)}</figcaption></figure>`;
  const contents = [...new Set(pictures.map(({ content }) => content))];
  const sections = contents.map((content) => {
    const shown = pictures.filter((picture) => picture.content === content);
    const figures = shown.map(({ style, output, reason }) =>
      reason === undefined
        ? figure(output, basename(style))
        : `<figure><p>${escaped(reason)}</p><figcaption>${escaped(basename(style))}</figcaption></figure>`,
    );
    const name = basename(content);
    return `<section><h2>${escaped(name)}</h2><div>${figure(content, "The content")}${figures.join("")}</div></section>`;
  });
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
${pageMark}
<title>${escaped(basename(dirname(resolve(file))))}</title>
<style>
:root { color-scheme: light dark; font: 1rem/1.4 system-ui, sans-serif; }
body { margin: 1rem auto; max-width: 110rem; padding: 0 1rem; }
h2 { font-size: 1rem; margin: 2rem 0 0.5rem; overflow-wrap: anywhere; }
div { display: grid; gap: 1rem; grid-template-columns: repeat(auto-fill, minmax(min(16rem, 100%), 1fr)); }
figure { margin: 0; }
img { display: block; max-width: 100%; max-height: 24rem; }
figcaption { font-size: 0.85rem; opacity: 0.75; overflow-wrap: anywhere; }
</style>
</head>
<body>
${sections.join("\n")}
</body>
</html>
`;
}

function addressOf(file: string, path: string): string {
  const from = relative(dirname(resolve(file)), resolve(path));
  return from.split(sep).map(encodeURIComponent).join("/");
}

function escaped(text: string): string {
  const names: Readonly<Record<string, string>> = { "&": "amp", "<": "lt", ">": "gt", '"': "quot" };
  return text.replaceAll(/[&<>"]/g, (character) => `&${names[character]};`);
}
