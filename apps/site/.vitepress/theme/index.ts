import DefaultTheme from "vitepress/theme";
import { h } from "vue";
import example from "../../../../docs/images/example.jpg";
import "./style.css";

export default {
  extends: DefaultTheme,
  Layout: () =>
    h(DefaultTheme.Layout, null, {
      "home-hero-image": () =>
        h("img", {
          class: "example",
          src: example,
          alt: "A cat in the style of Van Gogh's Church at Auvers",
        }),
    }),
};
