import { useSignal } from "@preact/signals";
import { useEffect, useRef } from "preact/hooks";
import { Dialog } from "./dialog.js";

/** Whether pages can use a camera here; insecure ones cannot. */
export const hasCamera = typeof navigator.mediaDevices?.getUserMedia === "function";

interface CameraDialogProps {
  readonly onPicture: (picture: Blob) => void;
  readonly onClose: () => void;
}

export function CameraDialog({ onPicture, onClose }: CameraDialogProps) {
  const video = useRef<HTMLVideoElement>(null);
  const problem = useSignal<string | undefined>(undefined);
  const ready = useSignal(false);

  useEffect(() => {
    let closed = false;
    let stream: MediaStream | undefined;
    const stopAll = () => {
      for (const track of stream?.getTracks() ?? []) track.stop();
    };
    navigator.mediaDevices
      .getUserMedia({ video: { facingMode: "environment", width: { ideal: 1920 }, height: { ideal: 1080 } } })
      .then(
        (opened) => {
          stream = opened;
          if (closed) stopAll();
          else if (video.current !== null) video.current.srcObject = opened;
        },
        (error: unknown) => {
          problem.value = sentenceOfCamera(error);
        },
      );
    return () => {
      closed = true;
      stopAll();
    };
  }, [problem]);

  const capture = async () => {
    const { current } = video;
    if (current === null) return;
    const canvas = new OffscreenCanvas(current.videoWidth, current.videoHeight);
    canvas.getContext("2d")?.drawImage(current, 0, 0);
    onPicture(await canvas.convertToBlob({ type: "image/png" }));
    onClose();
  };

  return (
    <Dialog heading="Camera" onClose={onClose}>
      {problem.value === undefined ? (
        <video
          ref={video}
          autoplay
          muted
          playsInline
          aria-label="What the camera sees"
          onLoadedData={() => {
            ready.value = true;
          }}
        />
      ) : (
        <p class="problem" role="alert">
          {problem.value}
        </p>
      )}
      {problem.value === undefined && !ready.value && (
        <p>Allow this page to use the camera when the browser asks.</p>
      )}
      <div class="dialog-actions">
        <button type="button" onClick={onClose}>
          Cancel
        </button>
        {problem.value === undefined && (
          <button type="button" class="primary" disabled={!ready.value} onClick={() => void capture()}>
            Take the picture
          </button>
        )}
      </div>
    </Dialog>
  );
}

function sentenceOfCamera(error: unknown): string {
  const name = error instanceof DOMException ? error.name : "";
  if (name === "NotAllowedError")
    return "This page may not use the camera. Allow it next to the address, then open the camera again.";
  if (name === "NotFoundError") return "No camera was found. Connect one, or choose a file.";
  return "The camera could not be opened. Close other programs that use it, or choose a file.";
}
