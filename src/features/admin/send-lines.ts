import { pipeline } from 'node:stream/promises';
import type { Request, Response } from 'express';

/**
 * Sends a download as fast as the client takes it. The first piece is made before anything is sent, so that what fails
 * at once is an ordinary error page; what fails later breaks the connection, and nobody takes half a file for the whole.
 */
export async function sendLines(
  req: Request,
  res: Response,
  { type, name, lines }: { type: string; name: string; lines: AsyncIterator<string> },
): Promise<void> {
  const first = await lines.next();
  res.setHeader('Content-Type', `${type}; charset=utf-8`);
  res.setHeader('Content-Disposition', `attachment; filename="${name}"`);
  res.setHeader('Cache-Control', 'private, no-store');
  if (req.method === 'HEAD') {
    res.end();
    return;
  }
  try {
    await pipeline(rest(first, lines), res);
  } catch (error) {
    // The client went away, which is its right.
    if (error instanceof Error && 'code' in error && error.code === 'ERR_STREAM_PREMATURE_CLOSE') return;
    throw error;
  }
}

async function* rest(first: IteratorResult<string>, lines: AsyncIterator<string>): AsyncGenerator<string> {
  for (let piece = first; !piece.done; piece = await lines.next()) yield piece.value;
}
