import { announcement } from "../run/session.js";

/** For screen readers: when painting begins, at each quarter, and how it ends. */
export function Announcements() {
  return (
    <div class="unseen" role="status" aria-live="polite">
      {announcement.value}
    </div>
  );
}
