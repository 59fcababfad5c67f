import { weightCatalogue } from "@brushwork/backend-web";
import { useSignal } from "@preact/signals";
import { useRef } from "preact/hooks";
import { machine } from "#machine";
import { settings } from "../settings/current.js";
import { baseTitle, namedWeights } from "../settings/recipe-of-settings.js";
import {
  cancelDownload,
  download,
  downloadWeights,
  takeWeights,
  weightsProblem,
  weightsWanted,
} from "../weights/weights.js";
import { Dialog } from "./dialog.js";

/** Asks before VGG-19 is downloaded. */
export function WeightsDialog() {
  if (!weightsWanted.value) return null;
  return machine.kind === "browser" ? <OpenWeightsDialog /> : <ServerWeightsDialog />;
}

/** Says how a server gets the weights. */
function ServerWeightsDialog() {
  const close = () => {
    weightsWanted.value = false;
  };
  return (
    <Dialog heading="The server has no VGG-19" onClose={close}>
      <p>
        VGG-19, the network of the papers, gives finer results and takes longer. To download its weights, run{" "}
        <code>brushwork weights pull vgg19</code> on the server, then choose the network again.
      </p>
      <div class="dialog-actions">
        <button type="button" class="primary" onClick={close}>
          Close
        </button>
      </div>
    </Dialog>
  );
}

function OpenWeightsDialog() {
  const input = useRef<HTMLInputElement>(null);
  const busy = useSignal(false);
  const close = () => {
    cancelDownload();
    weightsProblem.value = undefined;
    weightsWanted.value = false;
  };
  const pull = async () => {
    busy.value = true;
    const there = await downloadWeights();
    busy.value = false;
    if (there) weightsWanted.value = false;
  };
  const take = async (file: File) => {
    busy.value = true;
    await takeWeights(file);
    weightsWanted.value = false;
  };
  return (
    <Dialog heading="Paint with VGG-19?" onClose={close}>
      <p>
        VGG-19, the network of the papers, gives finer results and takes longer. Its weights are downloaded
        once, 52 MB from cdn.jsdelivr.net, checked, and kept in this browser.
      </p>
      <OtherWeights />
      {download.value && <Progress {...download.value} />}
      {weightsProblem.value !== undefined && (
        <p class="problem" role="alert">
          {weightsProblem.value}
        </p>
      )}
      <input
        ref={input}
        type="file"
        class="unseen"
        tabIndex={-1}
        accept=".h5,.hdf5,.safetensors,.json"
        aria-label="Weight file"
        onChange={(event) => {
          const file = event.currentTarget.files?.[0];
          if (file !== undefined) void take(file);
        }}
      />
      <div class="dialog-actions">
        <button type="button" onClick={close}>
          Cancel
        </button>
        <button type="button" disabled={busy.value} onClick={() => input.current?.click()}>
          Use my own file
        </button>
        <button type="button" class="primary" disabled={busy.value} onClick={() => void pull()}>
          Download 52 MB
        </button>
      </div>
    </Dialog>
  );
}

/** Says that a preset was made with other weights than those of the download, and how to get them. */
function OtherWeights() {
  const named = namedWeights(settings.value);
  if (named === undefined || named === weightCatalogue.vgg19?.id) return null;
  return (
    <p>
      The {baseTitle(settings.value)} names other weights, <code>{named}</code>. With those of the download
      its pictures differ. For its own, get that file from its publisher, convert it{" "}
      <a href="https://github.com/brushwork/brushwork/blob/main/docs/networks.md#weight-files">
        to safetensors
      </a>
      , and choose “Use my own file”.
    </p>
  );
}

function Progress({ received, total }: { readonly received: number; readonly total: number }) {
  const megabytes = (bytes: number) => (bytes / 1e6).toFixed(0);
  return (
    <div class="progress-line">
      <progress aria-label="Download" max={total || 1} value={received} />
      <span>{total > 0 ? `${megabytes(received)} of ${megabytes(total)} MB` : "Connecting…"}</span>
    </div>
  );
}
