import { useSignal } from "@preact/signals";
import type { ComponentChildren } from "preact";
import { useRef } from "preact/hooks";
import { chooseFile, chooseFromGallery, lastUsed, type Place } from "../pictures/chosen.js";
import { gallery } from "../pictures/gallery.js";
import { CameraDialog, hasCamera } from "./camera-dialog.js";
import { Icon } from "./icon.js";
import { PictureCanvas } from "./picture-canvas.js";

interface SlotProps {
  readonly of: Place;
  readonly heading: string;
  readonly purpose: string;
  /** Takes the picture away, if it may go. */
  readonly onRemove?: (() => void) | undefined;
  readonly children?: ComponentChildren;
}

/** A place for a picture, which is dropped, picked, captured, or chosen from the gallery. */
export function Slot({ of: place, heading, purpose, onRemove, children }: SlotProps) {
  const { role } = place;
  const name = heading.toLowerCase();
  const input = useRef<HTMLInputElement>(null);
  const dragging = useSignal(false);
  const camera = useSignal(false);
  const picture = place.chosen.value;
  const problem = place.problem.value;
  const take = (files: FileList | null | undefined) => {
    const file = files?.[0];
    if (file !== undefined) void chooseFile(place, file, file.name);
  };
  const use = () => {
    lastUsed.value = place;
  };
  return (
    <section
      class={dragging.value ? "card slot dragging" : "card slot"}
      aria-label={heading}
      onFocusIn={use}
      onPointerDown={use}
      onDragOver={(event) => {
        event.preventDefault();
        dragging.value = true;
      }}
      onDragLeave={(event) => {
        const inside =
          event.relatedTarget instanceof Node && event.currentTarget.contains(event.relatedTarget);
        if (!inside) dragging.value = false;
      }}
      onDrop={(event) => {
        event.preventDefault();
        dragging.value = false;
        take(event.dataTransfer?.files);
      }}
    >
      <h2>
        {heading} <span>{purpose}</span>
        {onRemove && (
          <button
            type="button"
            class="quiet remove"
            aria-label={`Remove ${name}`}
            title={`Remove ${name}`}
            onClick={onRemove}
          >
            <Icon name="close" />
          </button>
        )}
      </h2>
      <div class="slot-picture">
        {picture ? (
          <PictureCanvas picture={picture.picture} label={`${heading}: ${picture.title}`} />
        ) : (
          <span>Drop a picture here</span>
        )}
        {dragging.value && <div class="drop-here">Drop it here</div>}
      </div>
      <p class="credit">
        {picture ? [picture.title, picture.credit].filter(Boolean).join(" · ") : "Opening…"}
      </p>
      <div class="slot-actions">
        <button type="button" onClick={() => input.current?.click()} aria-label={`Choose a file: ${name}`}>
          <Icon name="upload" /> Choose a file
        </button>
        <input
          ref={input}
          type="file"
          accept="image/*"
          class="unseen"
          tabIndex={-1}
          aria-label={`${heading}: file`}
          onChange={(event) => {
            take(event.currentTarget.files);
            // The same file can be chosen again.
            event.currentTarget.value = "";
          }}
        />
        {hasCamera && (
          <button
            type="button"
            class="icon-button"
            onClick={() => {
              camera.value = true;
            }}
            aria-label={`Take a ${name} with the camera`}
            title="Camera"
          >
            <Icon name="camera" />
          </button>
        )}
      </div>
      {problem !== undefined && (
        <p class="problem" role="alert">
          {problem}
        </p>
      )}
      <ul class="gallery" aria-label={`Gallery: ${name}`}>
        {gallery[role].map((entry) => (
          <li key={entry.name}>
            <button
              type="button"
              class="thumbnail"
              aria-pressed={picture?.name === entry.name}
              aria-label={`${entry.title}, ${entry.credit}`}
              title={`${entry.title} · ${entry.credit}`}
              onClick={() => void chooseFromGallery(place, entry)}
            >
              <img src={entry.address} alt="" width="64" height="64" loading="lazy" decoding="async" />
            </button>
          </li>
        ))}
      </ul>
      {children}
      {camera.value && (
        <CameraDialog
          onPicture={(photograph) => void chooseFile(place, photograph, "camera picture")}
          onClose={() => {
            camera.value = false;
          }}
        />
      )}
    </section>
  );
}
