/** Text that people type, brought into one form before it is stored or compared. */

export type CleanedText =
  { ok: true; value: string } | { ok: false; problem: 'control_characters' | 'too_long' };

// C0 and C1 controls without tab and line ends, and the bidi controls that make a text show other than it is stored.
const REFUSED = /[\u0000-\u0008\u000B\u000C\u000E-\u001F\u007F-\u009F\u202A-\u202E\u2066-\u2069]/u;

/**
 * One line: Unicode NFC, trimmed, every run of white space (line ends too) one space.
 *
 * @param maxLength in code points, counted after cleaning
 */
export function cleanLine(text: string, maxLength: number): CleanedText {
  return clean(text, maxLength, (allowed) => allowed.replace(/\s+/gu, ' ').trim());
}

/**
 * Several lines: Unicode NFC, trimmed, every kind of line end a `\n`; white space inside stays.
 *
 * @param maxLength in code points, counted after cleaning
 */
export function cleanText(text: string, maxLength: number): CleanedText {
  return clean(text, maxLength, (allowed) => allowed.replace(/\r\n|[\r\u2028\u2029]/gu, '\n').trim());
}

function clean(text: string, maxLength: number, tidy: (allowed: string) => string): CleanedText {
  if (REFUSED.test(text) || !text.isWellFormed()) return { ok: false, problem: 'control_characters' };
  const value = tidy(text.normalize('NFC'));
  if (codePointCount(value) > maxLength) return { ok: false, problem: 'too_long' };
  return { ok: true, value };
}

// Default_Ignorable has the Hangul fillers and joiners that are letters or marks to Unicode; U+2800 is an empty braille cell.
const VISIBLE = /[^\p{Default_Ignorable_Code_Point}\p{Cf}\p{Z}\p{Cc}\u2800]/u;

/** True for a text of which something can be seen: a name must not look empty. */
export const isVisible = (text: string): boolean => VISIBLE.test(text);

function codePointCount(text: string): number {
  let count = 0;
  for (const _ of text) count += 1;
  return count;
}

/**
 * The key under which two spellings of a name are the same name: case does not matter, whatever the locale.
 * Up and then down, because only that way `ß` meets `SS` and both forms of sigma meet.
 */
export function foldCase(text: string): string {
  return text.normalize('NFC').toUpperCase().toLowerCase().normalize('NFC');
}
