import { binaryBytes, binaryText, recipeText } from "./bytes.js";

const recipeNamespace = "urn:brushwork:recipe:1";
const recipeName = `{${recipeNamespace}}recipe`;
const rdfNamespace = "http://www.w3.org/1999/02/22-rdf-syntax-ns#";
const rdfName = `{${rdfNamespace}}RDF`;
const descriptionName = `{${rdfNamespace}}Description`;

/** An empty packet. As XMP requires, it begins with a byte order mark, here that of UTF-8. */
const emptyPacket = [
  '<?xpacket begin="\u00ef\u00bb\u00bf" id="W5M0MpCehiHzreSzNTczkc9d"?>',
  '<x:xmpmeta xmlns:x="adobe:ns:meta/">',
  `<rdf:RDF xmlns:rdf="${rdfNamespace}"><rdf:Description rdf:about=""></rdf:Description></rdf:RDF>`,
  "</x:xmpmeta>",
  '<?xpacket end="w"?>',
].join("\n");

const entities = new Map([
  ["amp", "&"],
  ["lt", "<"],
  ["gt", ">"],
  ["quot", '"'],
  ["apos", "'"],
]);

/** Deeper than any metadata is nested; it limits the work that a hostile packet can cause. */
const deepestNesting = 64;

/**
 * Our text in an XMP packet, or undefined if there is none. It is an element or, as other programs may rewrite it, an
 * attribute, named "recipe" in the namespace "urn:brushwork:recipe:1".
 *
 * @throws {Error} when the packet mentions our namespace and is damaged
 */
export function readXmp(packet: Uint8Array): string | undefined {
  const xml = binaryText(packet);
  if (!xml.includes(recipeNamespace)) return undefined;
  const [property] = outline(xml).properties;
  return property && unescaped(recipeText(binaryBytes(property.raw)));
}

/**
 * The packet with our text, instead of any that is there already. Every other byte stays as it is.
 *
 * @param packet the file's packet; a new one if undefined
 * @param text ASCII
 * @throws {Error} when the packet is not XMP in UTF-8
 * @see ISO 16684-1, XMP data model, serialization and core properties
 */
export function writeXmp(packet: Uint8Array | undefined, text: string): Uint8Array<ArrayBuffer> {
  const cleared = packet === undefined ? emptyPacket : without(binaryText(packet));
  const { rdf, description } = outline(cleared);
  if (rdf === undefined)
    throw new Error(
      "Expected the XMP that is already in the file to have an rdf:RDF element, got none. Strip the file's metadata first.",
    );
  const property = `<brushwork:recipe xmlns:brushwork="${recipeNamespace}">${escaped(text)}</brushwork:recipe>`;
  // Added to the existing description, which names the subject: a whole packet must be about the same one.
  const added = description
    ? within(cleared, description, property)
    : within(
        cleared,
        rdf,
        `<rdf:Description xmlns:rdf="${rdfNamespace}" rdf:about="">${property}</rdf:Description>`,
      );
  return binaryBytes(added);
}

/** A range of the XML. */
interface Range {
  readonly start: number;
  readonly end: number;
}

interface Attribute extends Range {
  readonly name: string;
  /** The value as it is written. */
  readonly raw: string;
}

interface Tag extends Range {
  readonly kind: "start" | "end" | "empty";
  readonly name: string;
  readonly attributes: readonly Attribute[];
}

interface Element {
  readonly tag: Tag;
  readonly parent: Element | undefined;
  readonly depth: number;
}

/** The namespaces that are declared at a place, by the name of the declaration, such as "xmlns:rdf"; the last counts. */
type Scope = Map<string, string[]>;

/** The parts of a packet that matter to us. */
interface Outline {
  /** Our properties, in order. */
  readonly properties: readonly (Range & { readonly raw: string })[];
  readonly rdf: Tag | undefined;
  /** The first rdf:Description that is a child of rdf:RDF. */
  readonly description: Tag | undefined;
}

/** Finds the parts that matter, in one pass and without recursion, since the packet may be hostile. */
function outline(xml: string): Outline {
  const properties: (Range & { readonly raw: string })[] = [];
  let rdf: Tag | undefined;
  let description: Tag | undefined;
  let open: Element | undefined;
  let ours: Element | undefined;
  const scope: Scope = new Map();

  for (const tag of tags(xml)) {
    if (tag.kind === "end") {
      if (open?.tag.name !== tag.name) throw damaged(tag.start);
      if (open === ours) {
        properties.push({ start: open.tag.start, end: tag.end, raw: xml.slice(open.tag.end, tag.start) });
        ours = undefined;
      }
      leave(scope, open.tag);
      open = open.parent;
      continue;
    }
    const element = elementOf(tag, open);
    enter(scope, tag);
    const name = expanded(tag.name, scope);
    if (ours === undefined && name !== recipeName)
      for (const attribute of tag.attributes)
        if (attribute.name.includes(":") && expanded(attribute.name, scope) === recipeName)
          properties.push(attribute);

    if (name === rdfName) rdf ??= tag;
    else if (name === descriptionName && rdf !== undefined && open?.tag === rdf) description ??= tag;

    if (tag.kind === "start") {
      open = element;
      if (name === recipeName) ours ??= element;
    } else {
      leave(scope, tag);
      if (name === recipeName && ours === undefined)
        properties.push({ start: tag.start, end: tag.end, raw: "" });
    }
  }
  if (open) throw damaged(xml.length);
  return { properties, rdf, description };
}

function elementOf(tag: Tag, parent: Element | undefined): Element {
  const depth = (parent?.depth ?? 0) + 1;
  if (depth > deepestNesting) throw damaged(tag.start);
  return { tag, parent, depth };
}

/** Adds an element's declarations. So each name is looked up once, however deep it stands. */
function enter(scope: Scope, { attributes }: Tag): void {
  for (const { name, raw } of attributes) {
    if (!isDeclaration(name)) continue;
    const declared = scope.get(name);
    if (declared === undefined) scope.set(name, [raw]);
    else declared.push(raw);
  }
}

/** Takes an element's declarations away again. */
function leave(scope: Scope, { attributes }: Tag): void {
  for (const { name } of attributes) if (isDeclaration(name)) scope.get(name)?.pop();
}

function isDeclaration(attribute: string): boolean {
  return attribute === "xmlns" || attribute.startsWith("xmlns:");
}

/** The name with its namespace instead of the prefix, which each program may choose. */
function expanded(name: string, scope: Scope): string {
  const colon = name.indexOf(":");
  const declaration = colon === -1 ? "xmlns" : `xmlns:${name.slice(0, colon)}`;
  const namespace = scope.get(declaration)?.at(-1);
  return namespace === undefined ? name : `{${namespace}}${name.slice(colon + 1)}`;
}

/** The tags in order; comments, processing instructions and CDATA sections are skipped. */
function* tags(xml: string): Generator<Tag, void, void> {
  const passedOver = [
    ["<!--", "-->"],
    ["<![CDATA[", "]]>"],
    ["<?", "?>"],
  ] as const;
  for (let start = xml.indexOf("<"); start !== -1; ) {
    const brackets = passedOver.find(([opening]) => xml.startsWith(opening, start));
    let end: number;
    if (brackets) {
      const [opening, closing] = brackets;
      const closed = xml.indexOf(closing, start + opening.length);
      if (closed === -1) throw damaged(start);
      end = closed + closing.length;
    } else {
      const tag = tagAt(xml, start);
      yield tag;
      end = tag.end;
    }
    start = xml.indexOf("<", end);
  }
}

function tagAt(xml: string, start: number): Tag {
  const opening = match(/<(\/?)([^\s<>/="'!?]+)/y, xml, start);
  if (!opening) throw damaged(start);
  const [{ length }, slash, name = ""] = opening;
  const attributes: Attribute[] = [];
  let end = start + length;
  for (let found = attributeAt(xml, end); found; found = attributeAt(xml, end)) {
    attributes.push(found);
    end = found.end;
  }
  const closing = match(/\s*(\/?)>/y, xml, end);
  if (!closing) throw damaged(end);
  const kind = slash ? "end" : closing[1] ? "empty" : "start";
  return { kind, name, attributes, start, end: end + closing[0].length };
}

/** The attribute at a place, including the white space before it. */
function attributeAt(xml: string, start: number): Attribute | undefined {
  const found = match(/\s+([^\s<>/="']+)\s*=\s*(?:"([^"<]*)"|'([^'<]*)')/y, xml, start);
  if (!found) return undefined;
  const [{ length }, name = "", quoted, singleQuoted = ""] = found;
  return { name, raw: quoted ?? singleQuoted, start, end: start + length };
}

function match(pattern: RegExp, xml: string, at: number): RegExpExecArray | null {
  pattern.lastIndex = at;
  return pattern.exec(xml);
}

function without(xml: string): string {
  const kept: string[] = [];
  let from = 0;
  for (const { start, end } of outline(xml).properties) {
    kept.push(xml.slice(from, start));
    from = end;
  }
  return [...kept, xml.slice(from)].join("");
}

/** The XML with content inserted at the beginning of an element. */
function within(xml: string, { kind, name, end }: Tag, content: string): string {
  return kind === "empty"
    ? `${xml.slice(0, end - "/>".length)}>${content}</${name}>${xml.slice(end)}`
    : `${xml.slice(0, end)}${content}${xml.slice(end)}`;
}

function escaped(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");
}

function unescaped(raw: string): string {
  return raw.replace(
    /&(?:#x([0-9A-Fa-f]{1,5})|#([0-9]{1,6})|(amp|lt|gt|quot|apos));/g,
    (_, hexadecimal?: string, decimal?: string, name?: string) => {
      if (hexadecimal) return String.fromCodePoint(Number.parseInt(hexadecimal, 16));
      if (decimal) return String.fromCodePoint(Number(decimal));
      return entities.get(name ?? "") ?? "";
    },
  );
}

function damaged(at: number): Error {
  return new Error(
    `Expected the XMP in the file to be well-formed XML in UTF-8, got something else at its byte ${at}: it is damaged.`,
  );
}
