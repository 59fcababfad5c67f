import { describe, expect, it } from "vitest";
import { readXmp, writeXmp } from "./xmp.js";

const rdf = 'xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"';
const property = '<brushwork:recipe xmlns:brushwork="urn:brushwork:recipe:1">{}</brushwork:recipe>';

const read = (xml: string) => readXmp(Buffer.from(xml));
const write = (xml: string, text = "{}") => Buffer.from(writeXmp(Buffer.from(xml), text)).toString();

describe("a new XMP packet", () => {
  it("holds the text, escaped", () => {
    const packet = writeXmp(undefined, '{"a":"<b> & ]]>"}');
    expect(Buffer.from(packet).toString()).toBe(
      [
        '<?xpacket begin="\ufeff" id="W5M0MpCehiHzreSzNTczkc9d"?>',
        '<x:xmpmeta xmlns:x="adobe:ns:meta/">',
        `<rdf:RDF ${rdf}><rdf:Description rdf:about=""><brushwork:recipe xmlns:brushwork="urn:brushwork:recipe:1">{"a":"&lt;b&gt; &amp; ]]&gt;"}</brushwork:recipe></rdf:Description></rdf:RDF>`,
        "</x:xmpmeta>",
        '<?xpacket end="w"?>',
      ].join("\n"),
    );
    expect(readXmp(packet)).toBe('{"a":"<b> & ]]>"}');
  });
});

describe("XMP of others", () => {
  it("gets the property in its first description, whatever that is about", () => {
    expect(
      write(
        `<rdf:RDF ${rdf}><rdf:Description rdf:about="uuid:1"><a/></rdf:Description><rdf:Description/></rdf:RDF>`,
      ),
    ).toBe(
      `<rdf:RDF ${rdf}><rdf:Description rdf:about="uuid:1">${property}<a/></rdf:Description><rdf:Description/></rdf:RDF>`,
    );
  });

  it("gets it where the description is an empty element, under any prefix", () => {
    const other = 'xmlns:r="http://www.w3.org/1999/02/22-rdf-syntax-ns#"';
    expect(write(`<r:RDF ${other}><r:Description a='>' /></r:RDF>`)).toBe(
      `<r:RDF ${other}><r:Description a='>' >${property}</r:Description></r:RDF>`,
    );
  });

  it.each([[`<rdf:RDF ${rdf}></rdf:RDF>`], [`<rdf:RDF ${rdf}/>`]])(
    "gets a description where it has none: %s",
    (xml) => {
      expect(write(xml)).toBe(
        `<rdf:RDF ${rdf}><rdf:Description ${rdf} rdf:about="">${property}</rdf:Description></rdf:RDF>`,
      );
    },
  );

  it("is not misread where comments, instructions and CDATA look like elements", () => {
    const traps = "<!-- <rdf:RDF/> --><?a <rdf:RDF/> ?><![CDATA[<rdf:RDF/>]]>";
    expect(write(`<x>${traps}<rdf:RDF ${rdf}><rdf:Description/>${traps}</rdf:RDF></x>\0\0`)).toBe(
      `<x>${traps}<rdf:RDF ${rdf}><rdf:Description>${property}</rdf:Description>${traps}</rdf:RDF></x>\0\0`,
    );
  });

  it("stays byte by byte, whatever its encoding", () => {
    const bytes = Buffer.from(`<rdf:RDF ${rdf}><rdf:Description a="\xfc\x80Ü"/></rdf:RDF>`, "latin1");
    const written = Buffer.from(writeXmp(bytes, "{}")).toString("latin1");
    expect(written).toBe(
      `<rdf:RDF ${rdf}><rdf:Description a="\xfc\x80Ü">${property}</rdf:Description></rdf:RDF>`,
    );
  });

  it("has no text of ours", () => {
    expect(read("no XML at all <")).toBeUndefined();
    expect(read('<a xmlns:brushwork="urn:else"><brushwork:recipe>{}</brushwork:recipe></a>')).toBeUndefined();
    expect(read('<a recipe="{}" xmlns="urn:brushwork:recipe:1"/>')).toBeUndefined();
  });

  it("is found by the declaration that counts where it stands", () => {
    const ours = "urn:brushwork:recipe:1";
    const hidden = '<b:recipe>1</b:recipe><c b:recipe="2"/><d xmlns:b="urn:brushwork:recipe:1"/>';
    expect(read(`<a xmlns:b="${ours}"><x xmlns:b="urn:else">${hidden}</x><b:recipe>3</b:recipe></a>`)).toBe(
      "3",
    );
    expect(read(`<a xmlns:b="urn:else"><x xmlns:b="${ours}"/>${hidden}</a>`)).toBeUndefined();
    expect(read(`<a xmlns:b="urn:else"><x xmlns:b="${ours}" b:recipe="4"/>${hidden}</a>`)).toBe("4");
  });

  it.each([
    ["text alone", "a", "got none"],
    ["no RDF", "<RDF/>", "got none"],
    ["an element that stays open", "<a>", "at its byte 3"],
    ["an element closed as another", "<a></b>", "at its byte 3"],
    ["an end without a start", "</a>", "at its byte 0"],
    ["an attribute without a value", "<a b>", "at its byte 2"],
    ["a value without quotes", "<a b=c>", "at its byte 2"],
    ["a document type", "<!DOCTYPE a>", "at its byte 0"],
    ["an open comment", "<a><!-- </a>", "at its byte 3"],
    ["65 nested elements", "<a>".repeat(65), "at its byte 192"],
    ["UTF-16", "<\0a\0/\0>\0", "at its byte 4"],
  ])("is refused where nothing can be added to it: %s", (_, xml, message) => {
    expect(() => write(xml)).toThrow(message);
  });
});

describe("our property", () => {
  it.each([
    [`<b:recipe xmlns:b="urn:brushwork:recipe:1">{}</b:recipe>`],
    [`<recipe xmlns="urn:brushwork:recipe:1">{}</recipe>`],
    [`<a xmlns:b='urn:brushwork:recipe:1'><b:recipe>{}</b:recipe ></a>`],
    [`<a xmlns:b="urn:brushwork:recipe:1"\n b:recipe='{}' c="d"/>`],
  ])("is read as other programs may rewrite it: %s", (xml) => {
    expect(read(xml)).toBe("{}");
  });

  it("may have any escapes, and UTF-8", () => {
    expect(
      read(
        '<recipe xmlns="urn:brushwork:recipe:1">&quot;&#65;&#x1F3a8;&apos;&lt;&gt;&amp;lt; Ü %41 &what;</recipe>',
      ),
    ).toBe("\"A🎨'<>&lt; Ü %41 &what;");
  });

  it("is replaced as an element and as an attribute", () => {
    const ours = 'xmlns:b="urn:brushwork:recipe:1"';
    expect(
      write(
        `<rdf:RDF ${rdf} ${ours}><rdf:Description b:recipe="1" c="d"><b:recipe>2</b:recipe><b:recipe/></rdf:Description></rdf:RDF>`,
      ),
    ).toBe(`<rdf:RDF ${rdf} ${ours}><rdf:Description c="d">${property}</rdf:Description></rdf:RDF>`);
  });

  it("is replaced with all that is in it", () => {
    const ours = 'xmlns:b="urn:brushwork:recipe:1"';
    expect(
      write(
        `<rdf:RDF ${rdf} ${ours}><rdf:Description><b:recipe b:recipe="1"><b:recipe>2</b:recipe></b:recipe></rdf:Description></rdf:RDF>`,
      ),
    ).toBe(`<rdf:RDF ${rdf} ${ours}><rdf:Description>${property}</rdf:Description></rdf:RDF>`);
  });
});

describe("a hostile packet", () => {
  const namespace = "urn:brushwork:recipe:1";
  it.each([
    ["nested", `<a xmlns="${namespace}">`.repeat(20_000)],
    ["with one long name", `<${"a".repeat(1e6)} ${namespace}`],
    ["with much space", `<a${" ".repeat(1e6)}!${namespace}`],
    ["with an open quote", `<a b="${"b".repeat(1e6)} ${namespace}`],
    ["with open comments", `${"<!--".repeat(3e5)}${namespace}`],
    ["of brackets", `${"<".repeat(1e6)}${namespace}`],
  ])("is refused at once: %s", (_, xml) => {
    expect(() => read(xml)).toThrow("Expected the XMP in the file to be well-formed XML in UTF-8");
  });

  it("with many attributes is read at once", () => {
    const many = Array.from({ length: 1e5 }, (_, i) => `a${i}:recipe=""`).join(" ");
    expect(read(`<a xmlns:b="${namespace}" ${many} b:recipe="{}"/>`)).toBe("{}");
  });

  it("of more than 4 MiB is not read", () => {
    expect(() => readXmp(new Uint8Array(4 * 2 ** 20 + 1))).toThrow(
      "Expected metadata of at most 4194304 bytes in the file, got 4194305. Strip the file's metadata first.",
    );
  });
});
