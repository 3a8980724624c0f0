/**
 * Surrogate keys: the MD5 of the natural key in hexadecimal, so that every rebuild, here or in BigQuery, gives the
 * same ones. Every part but the last stands behind its length, so that ("ab", "c") and ("a", "bc") differ.
 */
function key(...parts) {
  const natural = parts.map((part, index) =>
    index < parts.length - 1 ? `CAST(LENGTH(${part}) AS STRING) || ':' || ${part}` : part,
  );
  return `TO_HEX(MD5(${natural.join(" || ")}))`;
}

/** Key of every dimension's unknown member; no MD5 in hexadecimal reads like it. */
const UNKNOWN = "'unknown'";

const artist = () => key("artist_name");
const song = () => key("artist_name", "song_title");
const place = () => key("city", "state", "zip");
const hour = () => key("CAST(UNIX_SECONDS(event_hour) AS STRING)");
/** All versions of a listener share this one; nobody is the unknown member. */
const user = () => `IFNULL(${key("CAST(user_id AS STRING)")}, ${UNKNOWN})`;
const userVersion = () => key("CAST(user_id AS STRING)", "CAST(UNIX_MILLIS(valid_from) AS STRING)");

module.exports = { UNKNOWN, artist, song, place, hour, user, userVersion };
