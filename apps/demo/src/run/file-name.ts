/** A file name for a picture painted from two others, such as cat-church-at-auvers.png. */
export function fileName(photograph: string, painting: string, extension: string): string {
  const name = [photograph, painting].map(plain).filter(Boolean).join("-") || "painted";
  return `${name}.${extension}`;
}

/** A title reduced to letters and digits of any script, joined by hyphens. */
function plain(title: string): string {
  return title
    .replace(/\.[a-z0-9]{2,5}$/i, "")
    .toLowerCase()
    .replace(/[^\p{Letter}\p{Mark}\p{Number}]+/gu, "-")
    .slice(0, 40)
    .replace(/^-+|-+$/g, "");
}
