/** The topics whose events name a listener; all of them tell the level that the listener has at the time. */
const LISTENERS = [
  "page_view_events",
  "listen_events",
  "auth_events",
  // The last wins where events stand at the same moment: the page that asks for an upgrade still shows the old level.
  "status_change_events",
];

module.exports = { LISTENERS };
