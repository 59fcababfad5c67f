import { machine } from "#machine";

/** What the page does, and whose pictures it shows. */
export function Footer() {
  return (
    <footer class="footer">
      <p>
        Brushwork adjusts every pixel until a neural network sees the content of the photograph and the style
        of the painting in one picture.{" "}
        {machine.kind === "browser"
          ? "Everything runs in this browser: there is nothing to install, nobody is watching, and after the first visit the page works offline."
          : "The server paints, gets the pictures for that, and forgets them later."}
      </p>
      <p>
        Photographs: Stéfan van der Walt, Rachel Michetti and SpaceX (CC0), NASA (public domain). Paintings:
        Vincent van Gogh, 1888 and 1890 (public domain). Network: compact, CC BY 4.0, made from VGG-19 by
        Karen Simonyan and Andrew Zisserman, University of Oxford, CC BY 4.0.
      </p>
    </footer>
  );
}
