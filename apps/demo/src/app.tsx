import { Announcements } from "./components/announcements.js";
import { Easel } from "./components/easel.js";
import { Figures } from "./components/figures.js";
import { Footer } from "./components/footer.js";
import { Header } from "./components/header.js";
import { Paintings } from "./components/paintings.js";
import { SettingsPanel } from "./components/settings-panel.js";
import { Slot } from "./components/slot.js";
import { WeightsDialog } from "./components/weights-dialog.js";
import { photograph } from "./pictures/chosen.js";

export function App() {
  return (
    <>
      <Header />
      <main class="studio">
        <section class="sources" aria-label="Pictures">
          <Slot of={photograph} heading="Photograph" purpose="what to paint" />
          <Paintings />
        </section>
        <Easel />
        <section class="side" aria-label="Settings and figures">
          <SettingsPanel />
          <Figures />
        </section>
      </main>
      <Footer />
      <WeightsDialog />
      <Announcements />
    </>
  );
}
