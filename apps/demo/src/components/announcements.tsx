import { announcement } from "../run/session.js";

/** Tells screen readers when painting begins, how far it is at each quarter, and how it ends. */
export function Announcements() {
  return (
    <div class="unseen" role="status" aria-live="polite">
      {announcement.value}
    </div>
  );
}
