/**
 * Every page of eventsim's published configurations (github.com/Interana/eventsim: examples/ and configs/, in the
 * format of today). A configuration names pages of its own in "pages", our extension, so that a misspelt page is not
 * taken for a new one.
 */
export const EVENTSIM_PAGES = [
  "About",
  "Add Friend",
  "Add to Playlist",
  "Cancel",
  "Cancellation Confirmation",
  "Downgrade",
  "Error",
  "Help",
  "Home",
  "Login",
  "Logout",
  "NextSong",
  "Register",
  "Roll Advert",
  "Save Settings",
  "Settings",
  "Submit Downgrade",
  "Submit Registration",
  "Submit Upgrade",
  "Thumbs Down",
  "Thumbs Up",
  "Upgrade",
] as const;
