import cat from "../../../../examples/content.jpg";
import church from "../../../../examples/style.jpg";
import cafe from "../../gallery/painting-cafe-terrace-at-night.jpg";
import bridge from "../../gallery/painting-langlois-bridge.jpg";
import way from "../../gallery/painting-painter-on-his-way-to-work.jpg";
import astronaut from "../../gallery/photograph-astronaut.jpg";
import coffee from "../../gallery/photograph-coffee.jpg";
import rocket from "../../gallery/photograph-rocket.jpg";

/** The role of a picture in a run. */
export type Role = "photograph" | "painting";

export interface GalleryPicture {
  /** Name in links. */
  readonly name: string;
  readonly title: string;
  readonly credit: string;
  readonly address: string;
}

const vanGogh = "Vincent van Gogh, public domain";

/** The page opens with the first of each. */
export const gallery = {
  photograph: [
    { name: "cat", title: "Chelsea the cat", credit: "Stéfan van der Walt, CC0", address: cat },
    { name: "astronaut", title: "Eileen Collins", credit: "NASA, public domain", address: astronaut },
    { name: "coffee", title: "A cup of coffee", credit: "Rachel Michetti, CC0", address: coffee },
    { name: "rocket", title: "Falcon 9", credit: "SpaceX, CC0", address: rocket },
  ],
  painting: [
    { name: "church", title: "The Church at Auvers, 1890", credit: vanGogh, address: church },
    { name: "cafe", title: "Café Terrace at Night, 1888", credit: vanGogh, address: cafe },
    { name: "way", title: "The Painter on His Way to Work, 1888", credit: vanGogh, address: way },
    { name: "bridge", title: "The Langlois Bridge at Arles, 1888", credit: vanGogh, address: bridge },
  ],
} as const satisfies Readonly<Record<Role, readonly GalleryPicture[]>>;
