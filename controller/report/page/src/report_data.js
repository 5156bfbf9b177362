// The measurements, which the program put into the page: compressed, or as plain
// JSON while the page is being worked on.

const SCHEMA_VERSION = 1;

async function inflate(base64) {
  const packed = Uint8Array.from(atob(base64), (character) => character.charCodeAt(0));
  const stream = new Blob([packed]).stream().pipeThrough(new DecompressionStream('deflate'));
  return new Response(stream).text();
}

// Control characters and halves of others, which no SVG may hold, and those that turn the direction of
// text, by which a name could make the words beside it read otherwise.
const UNPRINTABLE = /[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069\ufffe\uffff\p{Surrogate}]/gu;

export const printable = (text) => text.replace(UNPRINTABLE, '\ufffd');

export async function readReport(slot) {
  const text = slot.textContent.trim();
  const json = slot.dataset.encoding === 'deflate-base64' ? await inflate(text) : text;
  const report = JSON.parse(json, (_, value) => (typeof value === 'string' ? printable(value) : value));
  if (report.schema_version !== SCHEMA_VERSION) {
    throw new Error(`the measurements have the form of version ${report.schema_version}, this page reads ${SCHEMA_VERSION}`);
  }
  return report;
}
