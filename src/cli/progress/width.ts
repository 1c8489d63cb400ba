/** How many columns of a terminal a text takes. */

/** Characters that take two columns: East Asian wide ones, and those that are shown as pictures. */
const WIDE =
  /[\u1100-\u115f\u2e80-\u303e\u3041-\ua4cf\ua960-\ua97f\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6\u{1b000}-\u{1b2ff}\u{20000}-\u{3fffd}]|\p{Emoji_Presentation}/u;

/** Characters that take none: those that combine with the one before them, and invisible ones. */
const NONE = /^[\p{Mark}\p{Cf}]+$/u;

const GRAPHEMES = new Intl.Segmenter();

function columnsOf(grapheme: string): number {
  if (NONE.test(grapheme)) return 0;
  return WIDE.test(grapheme) || grapheme.includes('\ufe0f') ? 2 : 1;
}

/** Returns as much of the text as fits into so many columns, with an ellipsis in the place of the rest. */
export function cutTo(columns: number, text: string): string {
  let used = 0;
  let fitting = '';
  for (const { segment } of GRAPHEMES.segment(text)) {
    const width = columnsOf(segment);
    if (used + width > columns) return `${fitting}…`;
    used += width;
    // What is kept leaves one column for the ellipsis, unless nothing follows.
    if (used < columns) fitting += segment;
  }
  return text;
}

export function widthOf(text: string): number {
  let width = 0;
  for (const { segment } of GRAPHEMES.segment(text)) width += columnsOf(segment);
  return width;
}
