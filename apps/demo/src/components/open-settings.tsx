import { useRef } from "preact/hooks";
import { openProblem, openSettings } from "../run/open-settings.js";
import { Icon } from "./icon.js";

/** Takes over the settings of a picture that Brushwork painted. */
export function OpenSettings({ disabled }: { readonly disabled: boolean }) {
  const input = useRef<HTMLInputElement>(null);
  return (
    <>
      <button
        type="button"
        class="quiet"
        disabled={disabled}
        title="Brushwork's pictures carry their settings; they can be dropped here too"
        onClick={() => input.current?.click()}
      >
        <Icon name="upload" /> Use the settings of a picture
      </button>
      <input
        ref={input}
        type="file"
        accept="image/*"
        class="unseen"
        tabIndex={-1}
        aria-label="Picture with settings"
        onChange={(event) => {
          const file = event.currentTarget.files?.[0];
          if (file !== undefined) void openSettings(file);
          // The same file can be chosen again.
          event.currentTarget.value = "";
        }}
      />
      {openProblem.value !== undefined && (
        <p class="problem" role="alert">
          {openProblem.value}
        </p>
      )}
    </>
  );
}
