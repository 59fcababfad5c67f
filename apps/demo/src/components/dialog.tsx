import type { ComponentChildren } from "preact";
import { useLayoutEffect, useRef } from "preact/hooks";

interface DialogProps {
  readonly heading: string;
  readonly class?: string;
  /** Called after Escape as well. */
  readonly onClose: () => void;
  readonly children: ComponentChildren;
}

/** A modal dialog, open for as long as it is rendered. */
export function Dialog({ heading, class: name, onClose, children }: DialogProps) {
  const dialog = useRef<HTMLDialogElement>(null);
  useLayoutEffect(() => {
    const { current } = dialog;
    current?.showModal();
    return () => current?.close();
  }, []);
  return (
    <dialog
      ref={dialog}
      class={name}
      aria-label={heading}
      onCancel={(event) => {
        event.preventDefault();
        onClose();
      }}
    >
      <h2>{heading}</h2>
      {children}
    </dialog>
  );
}
