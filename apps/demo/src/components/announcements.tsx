import { announcement } from "../run/session.js";

/** Announces to screen readers when painting begins, each quarter of it, and how it ends. */
export function Announcements() {
  return (
    <div class="unseen" role="status" aria-live="polite">
      {announcement.value}
    </div>
  );
}
