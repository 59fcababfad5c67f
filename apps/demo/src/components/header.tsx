import { machine } from "#machine";
import { newerVersion, useNewerVersion } from "../offline/register.js";
import { isRunning } from "../run/run.js";
import { phase } from "../run/session.js";
import { dark, toggleTheme } from "../theme.js";
import { Icon } from "./icon.js";

export function Header() {
  return (
    <header class="header">
      <img src="./icon.svg" alt="" width="36" height="36" />
      <h1>Brushwork</h1>
      <p>
        {machine.kind === "browser"
          ? "Your photograph, painted on this device. No picture leaves it."
          : `Your photograph, painted by the server ${location.host}.`}
      </p>
      <div class="header-actions">
        {newerVersion.value && !isRunning(phase.value) && (
          <button type="button" class="quiet" onClick={useNewerVersion}>
            A newer version is ready: load it
          </button>
        )}
        <button
          type="button"
          class="icon-button"
          onClick={toggleTheme}
          aria-label={dark.value ? "Light colours" : "Dark colours"}
          title={dark.value ? "Light colours" : "Dark colours"}
        >
          <Icon name={dark.value ? "sun" : "moon"} />
        </button>
      </div>
    </header>
  );
}
